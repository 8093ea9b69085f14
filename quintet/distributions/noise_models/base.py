"""Noise models: how a clean cell x became the cell x̃ that is seen, and what x̃ says of x given the likelihood p(x|z)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from quintet.distributions.base import Distribution
from quintet.noise import Noise


@dataclass(frozen=True)
class CellValues:
    """What values the cells of a row can take, in the model's units.

    Parameters
    ----------
    low, high : the range; for unbounded cells, one that most of them lie in.
    step : distance between neighbouring values; for continuous cells the resolution at which an exact value counts.
    whole : cells are multiples of ``step`` and p(x|z) is a mass; otherwise it is a density.
    bounded : noise is clipped to the range.
    fill : the value that masking knocks cells to; broadcasts against a row.
    ends : of unbounded cells, the lowest and the highest value that uniform noise has, each like ``fill``; None: those
        of the range.
    """

    low: float = 0.0
    high: float = 255.0
    step: float = 1.0
    whole: bool = True
    bounded: bool = True
    fill: Tensor | float = 0.0
    ends: tuple[Tensor, Tensor] | None = None

    @property
    def measure(self) -> float:
        """What turns a mass into the units of p(x|z): 1 for masses, 1/step for densities."""
        return 1.0 if self.whole else 1.0 / self.step

    def snap(self, x: Tensor) -> Tensor:
        """The nearest legal value."""
        x = x.clamp(self.low, self.high) if self.bounded else x
        return ((x - self.low) / self.step).round() * self.step + self.low if self.whole else x


class NoiseModel(ABC):
    """p(x̃|x) of each cell, with one parameter a row, its ``rate``.

    ``rate`` is a number or (batch,); x̃ is (batch, *row), ``clean`` a distribution over (draws, batch, *row).
    """

    name: str
    cells: CellValues
    lowest: ClassVar[float] = 1e-6
    highest: ClassVar[float] = 1 - 1e-6
    """Between these the rate lies; by default it is a share of the cells."""

    def per_row(self, rate: Tensor | float, x: Tensor) -> Tensor:
        """A number or (batch,) -> (1, batch or 1, 1, ...), within the limits of a rate."""
        rate = torch.as_tensor(rate, dtype=x.dtype, device=x.device).reshape(1, -1, *[1] * (x.ndim - 1))
        return rate.clamp(self.lowest, self.highest)

    @abstractmethod
    def corrupt(self, x: Tensor, rate: Tensor | float, noise: Noise) -> Tensor:
        """x̃ drawn given x, (batch, *row)."""

    @abstractmethod
    def log_prob(self, x: Tensor, clean: Distribution, rate: Tensor | float) -> Tensor:
        """log p(x̃|z) of each cell in nats, (draws, batch, *row)."""

    @abstractmethod
    def untouched(self, x: Tensor, clean: Distribution, rate: Tensor | float) -> Tensor:
        """P(the cell was not touched | x̃, z), (draws, batch, *row)."""

    @abstractmethod
    def clean_mean(self, x: Tensor, clean: Distribution, rate: Tensor | float) -> Tensor:
        """E[x | x̃, z] of each cell, (draws, batch, *row), exactly."""

    @abstractmethod
    def improved(self, x: Tensor, clean: Distribution, rate: Tensor, observed: Tensor) -> Tensor:
        """A likelier rate of each row given draws of z: a step of EM, or of a search, (batch,)."""

    def search_log_prob(self, x: Tensor, clean: Distribution, rate: Tensor | float) -> Tensor:
        """log p(x̃|z), or a near and normalised stand-in that is cheap to differentiate."""
        return self.log_prob(x, clean, rate)
