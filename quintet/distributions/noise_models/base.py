"""Base class of noise models p(x̃|x) of a corrupted cell x̃ given the clean cell x."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from quintet.distributions.base import Distribution
from quintet.distributions.point_mass import PointMass
from quintet.noise import Noise

TAIL = 0.5
"""Length of the tails of uniform noise on standardised cells, in standard deviations."""


@dataclass(frozen=True)
class CellValues:
    """Set of values of the cells of a row, in the model's units.

    Parameters
    ----------
    low, high : range; for unbounded cells one that contains most of them.
    step : distance between neighbouring values; for continuous cells the resolution at which values count as equal.
    whole : whether cells are multiples of ``step`` and p(x|z) is a mass; otherwise p(x|z) is a density.
    bounded : whether noise is clipped to the range.
    open : whether values above ``high`` occur, as of counts; noise is clipped to the lowest value alone.
    fill : value of masked cells; broadcasts against a row.
    ends : lowest and highest value of uniform noise on unbounded cells, each like ``fill``; None: those of the range.
    tail : length of its exponential tails beyond them, like ``fill``.
    """

    low: float = 0.0
    high: float = 255.0
    step: float = 1.0
    whole: bool = True
    bounded: bool = True
    open: bool = False
    fill: Tensor | float = 0.0
    ends: tuple[Tensor, Tensor] | None = None
    tail: Tensor | float = TAIL

    @property
    def measure(self) -> float:
        """Factor from a mass to the units of p(x|z): 1 for masses, 1/step for densities."""
        return 1.0 if self.whole else 1.0 / self.step

    def of(self, cells: Tensor) -> CellValues:
        """The values of some cells of a flat row, (cells,) of indices."""

        def own(value: Tensor | float) -> Tensor | float:
            if not isinstance(value, Tensor) or value.ndim == 0:
                return value
            return value.to(cells.device).index_select(-1, cells)

        ends = self.ends and (self.ends[0].to(cells.device), self.ends[1].to(cells.device))
        return replace(
            self,
            fill=own(self.fill),
            tail=own(self.tail),
            ends=ends and (ends[0].index_select(-1, cells), ends[1].index_select(-1, cells)),
        )

    def snap(self, x: Tensor) -> Tensor:
        """The nearest valid value."""
        x = x.clamp(self.low, None if self.open else self.high) if self.bounded else x
        return ((x - self.low) / self.step).round() * self.step + self.low if self.whole else x


class NoiseModel(ABC):
    """p(x̃|x) of each cell, with one parameter for each row, its ``rate``.

    ``rate`` is a number or (batch,); x̃ is (batch, *row), ``clean`` a distribution over (draws, batch, *row).
    """

    name: str
    cells: CellValues
    lowest: ClassVar[float] = 1e-6
    highest: ClassVar[float] = 1 - 1e-6
    """Bounds of the rate, which is a share of the cells by default."""

    @property
    def guided(self) -> float:
        """Highest rate in training rows of the partial encoder."""
        return 1.0

    def per_row(self, rate: Tensor | float, x: Tensor) -> Tensor:
        """Reshape a number or (batch,) to (1, batch or 1, 1, ...), clamped to the bounds of the rate."""
        rate = torch.as_tensor(rate, dtype=x.dtype, device=x.device).reshape(1, -1, *[1] * (x.ndim - 1))
        return rate.clamp(self.lowest, self.highest)

    @abstractmethod
    def corrupt(self, x: Tensor, rate: Tensor | float, noise: Noise) -> Tensor:
        """Draw x̃ given x, (batch, *row)."""

    @abstractmethod
    def log_prob(self, x: Tensor, clean: Distribution, rate: Tensor | float) -> Tensor:
        """log p(x̃|z) of each cell in nats, (draws, batch, *row)."""

    @abstractmethod
    def untouched(self, x: Tensor, clean: Distribution, rate: Tensor | float) -> Tensor:
        """P(cell is untouched | x̃, z), (draws, batch, *row)."""

    @abstractmethod
    def clean_mean(self, x: Tensor, clean: Distribution, rate: Tensor | float) -> Tensor:
        """E[x | x̃, z] of each cell, (draws, batch, *row)."""

    def restored(self, x: Tensor, clean: Distribution, rate: Tensor | float, observed: Tensor) -> Distribution:
        """The clean cells by their point estimate: E[x | x̃, z] of observed cells, E[x|z] of missing ones.

        Parameters
        ----------
        observed : (batch, *row) of bool.
        """
        return PointMass(torch.where(observed, self.clean_mean(x, clean, rate), clean.point))

    @abstractmethod
    def improved(self, x: Tensor, clean: Distribution, rate: Tensor, observed: Tensor) -> Tensor:
        """An improved rate of each row given draws of z, by a step of EM or of a search, (batch,)."""

    def search_log_prob(self, x: Tensor, clean: Distribution, rate: Tensor | float) -> Tensor:
        """log p(x̃|z), or a normalised approximation that is cheap to differentiate."""
        return self.log_prob(x, clean, rate)
