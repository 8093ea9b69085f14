"""Distribution of a row whose cells are of different types: one part for each type."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.distributions.base import Distribution
from quintet.distributions.categorical import Categorical
from quintet.distributions.levels import Levels
from quintet.noise import Noise


@dataclass(frozen=True)
class Part:
    """The distribution of some cells of a row, (draws, batch, cells of the part)."""

    cells: Tensor  # (cells of the part,) of int64: their places in the row
    distribution: Distribution


@dataclass(frozen=True)
class Joint(Distribution):
    """Independent parts over (draws, batch, cells); every cell belongs to one part.

    ``mean`` is a point estimate: the mean of numbers and the most probable code of levels.
    """

    parts: tuple[Part, ...]

    @property
    def has_cdf(self) -> bool:  # type: ignore[override]
        """Whether all parts have a cdf."""
        return all(part.distribution.has_cdf for part in self.parts)

    def log_prob(self, x: Tensor) -> Tensor:
        """Log density of numbers and log probability of codes in nats, (draws, batch, cells)."""
        return self._with(x, lambda part, own: part.log_prob(own))

    @property
    def mean(self) -> Tensor:
        """E[x] of numbers, the most probable code of levels, (draws, batch, cells)."""
        return self.joined([part.distribution.mean for part in self.parts])

    @property
    def variance(self) -> Tensor:
        """Var[x] of numbers; of levels the probability of any other code."""
        return self.joined([part.distribution.variance for part in self.parts])

    def sample(self, noise: Noise) -> Tensor:
        """One draw of each cell."""
        return self.joined([part.distribution.sample(noise) for part in self.parts])

    def cdf(self, x: Tensor) -> Tensor:
        """P(X <= x) of each cell; codes count as numbers."""
        return self._with(x, lambda part, own: part.cdf(own))

    def select(self, index: object) -> Joint:
        """The distribution of the selected draws and rows; or of single cells, by three index tensors (k,)."""
        if isinstance(index, tuple) and len(index) > 2:
            return self._of_points(*index)
        return Joint(tuple(Part(part.cells, part.distribution.select(index)) for part in self.parts))

    def of_cells(self, cells: Tensor) -> Distribution:
        """The distribution of the cells of one part."""
        return next(part.distribution for part in self.parts if torch.equal(part.cells, cells))

    def _of_points(self, draw: Tensor, row: Tensor, cell: Tensor) -> Joint:
        """The joint of single cells, (k,)."""
        found = []
        for part in self.parts:
            match = cell[:, None] == part.cells
            own = torch.nonzero(match.any(1)).flatten()
            if len(own):
                at = (draw[own], row[own], match[own].to(torch.uint8).argmax(1))
                found.append(Part(own, part.distribution.select(at)))
        return Joint(tuple(found))

    def _with(self, x: Tensor, of: Callable[[Distribution, Tensor], Tensor]) -> Tensor:
        cells = sum(len(part.cells) for part in self.parts)
        x = x.expand(*x.shape[:-1], cells)
        return self.joined([of(part.distribution, x.index_select(-1, part.cells)) for part in self.parts])

    def joined(self, found: list[Tensor]) -> Tensor:
        """The parts' tensors (draws, batch, cells of the part) in the order of the row."""
        if len(found) == 1:
            return found[0]
        order = torch.cat([part.cells for part in self.parts]).argsort()
        return torch.cat(found, -1).index_select(-1, order)


def point_estimate(weighted: Iterable[tuple[Distribution, Tensor]]) -> Tensor:
    """Point estimate of a mixture: the mean, or for levels the most probable code, (batch, *row).

    Parameters
    ----------
    weighted : components over (1, batch, *row) with their weights, (batch,), which sum to 1.
    """
    mean: Tensor | float = 0.0
    shares: dict[int, Tensor] = {}
    levels: dict[int, Tensor] = {}
    for component, weight in weighted:
        component = component.independent
        if isinstance(component, Categorical):
            mean = mean + weight.reshape(-1, *[1] * (component.logits.ndim - 2)) * component.pmf_table()[0]
            continue
        mean = mean + weight.reshape(-1, *[1] * (component.mean.ndim - 2)) * component.mean[0]
        for number, part in enumerate(component.parts if isinstance(component, Joint) else ()):
            if isinstance(part.distribution, Levels):
                found = weight[:, None, None] * part.distribution.drawn_shares[0]
                shares[number] = shares[number] + found if number in shares else found
                levels[number] = part.cells
    assert isinstance(mean, Tensor)
    if isinstance(component, Categorical):
        return mean.argmax(-1).to(mean.dtype)
    for number, cells in levels.items():
        mean = mean.index_copy(-1, cells, shares[number].argmax(-1).to(mean.dtype))
    return mean
