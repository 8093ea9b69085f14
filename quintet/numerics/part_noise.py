"""Random draws for the rows of one of several processes."""

from __future__ import annotations

import copy
from typing import Self

from torch import Tensor

from quintet.noise import Noise
from quintet.row_share import PartOfRows, RowShare


class PartNoise(Noise):
    """Draws of the rows of a share: those that ``noise`` has for them in the whole batch.

    Every process draws the numbers of the whole batch and keeps those of its rows, so that a row's draws do not depend
    on the number of processes.

    Parameters
    ----------
    noise : source of the draws of the whole batch.
    share : rows of this process.
    """

    def __init__(self, noise: Noise, share: RowShare) -> None:
        self.draws, self.shared, self.device = noise.draws, noise.shared, noise.device
        self.share, self._noise = share, noise

    def normal(self, batch: int, *shape: int) -> Tensor:
        """Standard normal draws, (draws, batch, *shape)."""
        return self.share.drawn(lambda rows: self._noise.normal(rows, *shape), batch, 1)

    def uniform(self, batch: int, *shape: int) -> Tensor:
        """Uniform draws on [0, 1), (draws, batch, *shape)."""
        return self.share.drawn(lambda rows: self._noise.uniform(rows, *shape), batch, 1)

    def chance(self) -> float:
        """One uniform draw on [0, 1) for the whole step, equal in all processes."""
        return self._noise.chance()

    def with_draws(self, draws: int) -> Self:
        """The same source with ``draws`` draws, which replaces this one: both share a generator."""
        other = copy.copy(self)
        other.draws, other._noise = draws, self._noise.with_draws(draws)
        return other

    @property
    def whole(self) -> Noise:
        """The same source for all rows of the batch: both share a generator."""
        return self._noise

    def some(self, chosen: Tensor) -> Noise:
        """The same source for the rows where ``chosen`` (rows of the whole batch,) is True: both share a generator."""
        return PartNoise(self._noise, self.share.some(chosen))


def noise_of(noise: Noise, share: RowShare) -> Noise:
    """The draws of the rows of a share: the noise itself where those are all rows."""
    return PartNoise(noise, share) if isinstance(share, PartOfRows) else noise
