"""Replacement noise (by uniform values, extremes or one value), and the hypothesis of no noise."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor

from quintet.distributions.base import Distribution
from quintet.distributions.categorical import Categorical
from quintet.distributions.noise_models.base import CellValues, NoiseModel
from quintet.noise import Noise

ANYTHING = 0.5
"""Share of any values among those that replace cells of a column."""


@dataclass(frozen=True)
class Replacing(NoiseModel):
    """p(x̃|x) = (1 - rate) [x̃ = x] + rate · u(x̃), with u uniform, at the extremes, or at one value.

    The rate includes cells that are replaced by their own value. With ``column``, the distribution of each cell over
    all rows, cells are replaced by values of other rows, and with a share of ``ANYTHING`` by u.
    """

    name: str = "replacement"
    cells: CellValues = field(default_factory=CellValues)
    column: Distribution | None = field(default=None, kw_only=True)

    def corrupt(self, x: Tensor, rate: Tensor | float, noise: Noise) -> Tensor:
        """Replace each cell with probability ``rate``."""
        batch, row = len(x), x.shape[1:]
        u = noise.uniform(batch, *row)[0]
        low, high = self._ends(x)
        if self.name == "masking":
            value = torch.zeros_like(x) + torch.as_tensor(self.cells.fill, dtype=x.dtype, device=x.device)
        elif self.name == "salt_pepper":
            value = torch.where(u < 0.5, low, high)
        elif self.cells.whole:
            value = (u * self._levels).floor() * self.cells.step + low
        else:
            value = u * (high - low) + low
        return torch.where(noise.uniform(batch, *row)[0] < self.per_row(rate, x)[0], value.to(x.dtype), x)

    def log_noise(self, x: Tensor) -> Tensor:
        """log u(x̃), in the units of p(x|z), (batch, *row)."""
        cells = self.cells
        if self.name == "masking":
            struck = (x - torch.as_tensor(cells.fill, dtype=x.dtype, device=x.device)).abs() < 0.5 * cells.step
            return torch.full_like(x, math.log(cells.measure)).masked_fill(~struck, -torch.inf)
        if self.name == "salt_pepper":
            extreme = ((x - cells.low).abs() < 0.5 * cells.step) | ((x - cells.high).abs() < 0.5 * cells.step)
            return torch.full_like(x, math.log(0.5 * cells.measure)).masked_fill(~extreme, -torch.inf)
        if cells.whole:
            return torch.full_like(x, -math.log(self._levels))
        low, high = self._ends(x)
        beyond = (low - x).maximum(x - high).clamp(min=0.0)
        if cells.bounded:
            return torch.full_like(x, -math.log(cells.high - cells.low)).masked_fill(beyond > 0, -torch.inf)
        # the range of unbounded cells is an estimate, so uniform noise has exponential tails
        tail = torch.as_tensor(cells.tail, dtype=x.dtype, device=x.device)
        return -(high - low + 2 * tail).log() - beyond / tail

    def log_replaced(self, x: Tensor) -> Tensor:
        """Log probability of the value of a replaced cell, (batch, *row)."""
        if self.column is None:
            return self.log_noise(x)
        others = self.column.log_prob(x)[0]
        return torch.logaddexp(others + math.log1p(-ANYTHING), self.log_noise(x) + math.log(ANYTHING))

    @property
    def _levels(self) -> int:
        return round((self.cells.high - self.cells.low) / self.cells.step) + 1

    def _ends(self, x: Tensor) -> tuple[Tensor, Tensor]:
        low, high = self.cells.ends or (self.cells.low, self.cells.high)
        return torch.as_tensor(low, dtype=x.dtype, device=x.device), torch.as_tensor(
            high, dtype=x.dtype, device=x.device
        )

    def _parts(self, x: Tensor, clean: Distribution, rate: Tensor | float) -> tuple[Tensor, Tensor]:
        share = self.per_row(rate, x)
        return torch.log1p(-share) + clean.log_prob(x), share.log() + self.log_replaced(x)

    def log_prob(self, x: Tensor, clean: Distribution, rate: Tensor | float) -> Tensor:
        """log[(1 - rate) p(x̃|z) + rate u(x̃)]."""
        return torch.logaddexp(*self._parts(x, clean, rate))

    def untouched(self, x: Tensor, clean: Distribution, rate: Tensor | float) -> Tensor:
        """(1 - rate) p(x̃|z) / p(x̃|z, noise)."""
        kept, replaced = self._parts(x, clean, rate)
        return torch.sigmoid(kept - replaced)

    def clean_mean(self, x: Tensor, clean: Distribution, rate: Tensor | float) -> Tensor:
        """P(untouched) · x̃ + P(replaced) · E[x|z]."""
        belief = self.untouched(x, clean, rate)
        return belief * x + (1 - belief) * clean.mean

    def restored(self, x: Tensor, clean: Distribution, rate: Tensor | float, observed: Tensor) -> Distribution:
        """The clean cells; of levels without an order P(clean level | x̃, z), since they cannot be averaged."""
        levels = clean.independent
        if not isinstance(levels, Categorical):
            return super().restored(x, clean, rate, observed)
        belief = (self.untouched(x, clean, rate) * observed).unsqueeze(-1)
        table = levels.pmf_table()
        level = torch.arange(table.shape[-1], device=x.device)
        shares = torch.lerp(table, (level == x.unsqueeze(-1)).to(table.dtype), belief.to(table.dtype))
        return Categorical(shares.clamp(min=1e-30).log())

    def improved(self, x: Tensor, clean: Distribution, rate: Tensor, observed: Tensor) -> Tensor:
        """The expected share of replaced cells among the observed ones, with half a pseudo-count."""
        return share_of_replaced(self.untouched(x, clean, rate), rate, observed)


def share_of_replaced(untouched: Tensor, rate: Tensor, observed: Tensor) -> Tensor:
    """The expected share of replaced cells among the observed ones, with half a pseudo-count, (batch,).

    Parameters
    ----------
    untouched : (draws, batch, *row), P(cell is untouched).
    """
    touched = torch.where(observed, 1 - untouched.mean(0), 0.0).flatten(1).sum(1)
    share: Tensor = (touched + 0.5 * rate) / (observed.flatten(1).sum(1, dtype=touched.dtype) + 0.5)
    return share.clamp(1e-5, 0.999)


@dataclass(frozen=True)
class Untouched(NoiseModel):
    """x̃ = x: the hypothesis of no noise, which has no rate."""

    name: str = "none"
    cells: CellValues = field(default_factory=CellValues)

    def corrupt(self, x: Tensor, rate: Tensor | float, noise: Noise) -> Tensor:
        """The unchanged row."""
        return x

    def log_prob(self, x: Tensor, clean: Distribution, rate: Tensor | float) -> Tensor:
        """log p(x|z)."""
        return clean.log_prob(x)

    def untouched(self, x: Tensor, clean: Distribution, rate: Tensor | float) -> Tensor:
        """1 for every cell."""
        return torch.ones_like(x)[None]

    def clean_mean(self, x: Tensor, clean: Distribution, rate: Tensor | float) -> Tensor:
        """The observed cell."""
        return x.expand_as(clean.mean)

    def improved(self, x: Tensor, clean: Distribution, rate: Tensor, observed: Tensor) -> Tensor:
        """0."""
        return torch.zeros_like(rate)
