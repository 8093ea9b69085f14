"""Noise models: how a clean cell x became the cell x̃ that is seen, and what x̃ says of x given the likelihood p(x|z)."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.distributions.base import Distribution
from quintet.distributions.shifted import shifted_log_prob, shifted_moments
from quintet.noise import Noise

SPREAD_AT_NO_TRUST = 0.6
"""Spread of additive noise, in ranges, at which a cell says nothing any more."""


@dataclass(frozen=True)
class Cells:
    """What values the cells of a row can take, in the model's units.

    Parameters
    ----------
    low, high : the range; for unbounded cells, the range that uniform noise has.
    step : distance between neighbouring values; for continuous cells the resolution at which an exact value counts.
    whole : cells are multiples of ``step`` and p(x|z) is a mass; otherwise it is a density.
    bounded : noise is clipped to the range.
    fill : the value that masking knocks cells to; broadcasts against a row.
    """

    low: float = 0.0
    high: float = 255.0
    step: float = 1.0
    whole: bool = True
    bounded: bool = True
    fill: Tensor | float = 0.0

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
    cells: Cells

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
        """A rate of each row that is at least as likely given draws of z: a step of EM, (batch,)."""

    def search_log_prob(self, x: Tensor, clean: Distribution, rate: Tensor | float) -> Tensor:
        """log p(x̃|z), or a near and normalised stand-in that is cheap to differentiate."""
        return self.log_prob(x, clean, rate)


@dataclass(frozen=True)
class Replacing(NoiseModel):
    """p(x̃|x) = (1 - rate) [x̃ = x] + rate · u(x̃); u uniform, or at the extremes, or at one value.

    The rate counts every replaced cell, also one that was replaced by the value it had.
    """

    name: str = "replacement"
    cells: Cells = Cells()

    def corrupt(self, x: Tensor, rate: Tensor | float, noise: Noise) -> Tensor:
        """Replace each cell with probability ``rate``."""
        batch, row = len(x), x.shape[1:]
        u = noise.uniform(batch, *row)[0]
        low, high = self.cells.low, self.cells.high
        if self.name == "masking":
            value = torch.zeros_like(x) + self.cells.fill
        elif self.name == "salt_pepper":
            value = torch.where(u < 0.5, low, high)
        elif self.cells.whole:
            value = (u * round((high - low) / self.cells.step + 1)).floor() * self.cells.step + low
        else:
            value = u * (high - low) + low
        return torch.where(noise.uniform(batch, *row)[0] < per_row(rate, x)[0], value.to(x.dtype), x)

    def log_noise(self, x: Tensor) -> Tensor:
        """log u(x̃), in the units of p(x|z), (batch, *row)."""
        cells = self.cells
        if self.name == "masking":
            struck = (x - cells.fill).abs() < 0.5 * cells.step
            return torch.full_like(x, math.log(cells.measure)).masked_fill(~struck, -torch.inf)
        if self.name == "salt_pepper":
            extreme = ((x - cells.low).abs() < 0.5 * cells.step) | ((x - cells.high).abs() < 0.5 * cells.step)
            return torch.full_like(x, math.log(0.5 * cells.measure)).masked_fill(~extreme, -torch.inf)
        if cells.whole:
            return torch.full_like(x, -math.log((cells.high - cells.low) / cells.step + 1))
        inside = (x >= cells.low) & (x <= cells.high)
        return torch.full_like(x, -math.log(cells.high - cells.low)).masked_fill(~inside, -torch.inf)

    def _parts(self, x: Tensor, clean: Distribution, rate: Tensor | float) -> tuple[Tensor, Tensor]:
        share = per_row(rate, x)
        return torch.log1p(-share) + clean.log_prob(x), share.log() + self.log_noise(x)

    def log_prob(self, x: Tensor, clean: Distribution, rate: Tensor | float) -> Tensor:
        """log[(1 - rate) p(x̃|z) + rate u(x̃)]."""
        return torch.logaddexp(*self._parts(x, clean, rate))

    def untouched(self, x: Tensor, clean: Distribution, rate: Tensor | float) -> Tensor:
        """(1 - rate) p(x̃|z) / p(x̃|z, noise)."""
        kept, replaced = self._parts(x, clean, rate)
        return torch.sigmoid(kept - replaced)

    def clean_mean(self, x: Tensor, clean: Distribution, rate: Tensor | float) -> Tensor:
        """The cell as far as it is believed, E[x|z] as far as it is not."""
        belief = self.untouched(x, clean, rate)
        return belief * x + (1 - belief) * clean.mean

    def improved(self, x: Tensor, clean: Distribution, rate: Tensor, observed: Tensor) -> Tensor:
        """The share of observed cells that seem replaced, with half a cell of each sort added."""
        touched = torch.where(observed, 1 - self.untouched(x, clean, rate).mean(0), 0.0).flatten(1).sum(1)
        return (touched + 0.5 * rate) / (observed.flatten(1).sum(1, dtype=touched.dtype) + 0.5)


@dataclass(frozen=True)
class AdditiveNormal(NoiseModel):
    """x̃ = x + rate · unit · n, n standard normal, clipped and rounded as the cells are; ``unit`` is their range."""

    name: str = "normal"
    cells: Cells = Cells()

    @property
    def unit(self) -> float:
        """The range of bounded cells; 1, a standard deviation, for standardised ones."""
        return self.cells.high - self.cells.low if self.cells.bounded else 1.0

    def spread(self, rate: Tensor | float, x: Tensor) -> Tensor:
        """Standard deviation of the noise in the model's units, (1, batch, 1, ...)."""
        return per_row(rate, x) * self.unit

    def corrupt(self, x: Tensor, rate: Tensor | float, noise: Noise) -> Tensor:
        """Add normal noise; clip and round."""
        return self.cells.snap(x + self.spread(rate, x)[0] * noise.normal(len(x), *x.shape[1:])[0])

    def log_prob(self, x: Tensor, clean: Distribution, rate: Tensor | float) -> Tensor:
        """log Σₓ p(x|z) p(x̃|x): by a table over the values of x, or in closed form where p(x|z) is normal."""
        return shifted_moments(x, clean, self.spread(rate, x), self.cells)[0]

    def untouched(self, x: Tensor, clean: Distribution, rate: Tensor | float) -> Tensor:
        """No cell is untouched; this is how far each may be trusted, as the guide was taught it (``model/spoil``)."""
        trust = 1 - self.spread(rate, x) / (SPREAD_AT_NO_TRUST * (self.cells.high - self.cells.low))
        return trust.clamp(min=0.2).expand(1, *x.shape)

    def clean_mean(self, x: Tensor, clean: Distribution, rate: Tensor | float) -> Tensor:
        """Σₓ x p(x|z) p(x̃|x) / Σₓ p(x|z) p(x̃|x)."""
        return shifted_moments(x, clean, self.spread(rate, x), self.cells)[1]

    def improved(self, x: Tensor, clean: Distribution, rate: Tensor, observed: Tensor) -> Tensor:
        """The best of five neighbouring rates by the stand-in."""
        factors = torch.tensor([0.75, 0.9, 1.0, 1.1, 1.3], dtype=x.dtype, device=x.device)
        score = []
        for factor in factors:
            found = self.search_log_prob(x, clean, rate * factor).mean(0)
            score.append(torch.where(observed, found, 0.0).flatten(1).sum(1))
        best: Tensor = rate * factors[torch.stack(score).argmax(0)]
        return best

    def search_log_prob(self, x: Tensor, clean: Distribution, rate: Tensor | float) -> Tensor:
        """p(x|z) with its spread widened by the noise's."""
        return shifted_log_prob(x, clean, self.spread(rate, x), self.cells)


NOISES = ("replacement", "salt_pepper", "masking", "normal")
"""Kinds of noise by name."""


def noise_model(name: str, cells: Cells) -> NoiseModel:
    """The noise model called ``name``, one of ``NOISES``."""
    return AdditiveNormal(cells=cells) if name == "normal" else Replacing(name, cells)


def per_row(rate: Tensor | float, x: Tensor) -> Tensor:
    """A number or (batch,) -> (1, batch or 1, 1, ...), kept off 0 and 1 where a share, off 0 where a spread."""
    share = torch.as_tensor(rate, dtype=x.dtype, device=x.device).reshape(1, -1, *[1] * (x.ndim - 1))
    return share.clamp(1e-6, 1 - 1e-6)
