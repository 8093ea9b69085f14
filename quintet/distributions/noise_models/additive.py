"""Additive normal noise."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from quintet.distributions.base import Distribution
from quintet.distributions.noise_models.base import CellValues, NoiseModel
from quintet.distributions.noise_models.blurred_likelihood import shifted_log_prob, shifted_moments
from quintet.noise import Noise

SPREAD_AT_NO_TRUST = 0.6
"""Standard deviation of additive noise, as a share of the cells' range, at which the trust is 0."""
LEAST_TRUST = 0.35
"""Smallest trust in training rows of the partial encoder with additive noise."""
ENOUGH = 1024
"""Cells of a row, about, from which its standard deviation is found."""
STEPS = (-1.1, -0.6, -0.25, 0.0, 0.25, 0.6, 1.1)
"""Log factors of the search over standard deviations."""


@dataclass(frozen=True)
class AdditiveNormal(NoiseModel):
    """x̃ = x + rate · unit · n, n standard normal, clipped and rounded like the cells; ``unit`` is their range."""

    name: str = "normal"
    cells: CellValues = field(default_factory=CellValues)
    lowest: ClassVar[float] = 1e-5
    highest: ClassVar[float] = 1e4

    @property
    def unit(self) -> float:
        """The range of bounded cells; 1, a standard deviation, for standardised cells."""
        return self.cells.high - self.cells.low if self.cells.bounded else 1.0

    @property
    def guided(self) -> float:
        """Highest rate in training rows of the partial encoder."""
        return (1 - LEAST_TRUST) * SPREAD_AT_NO_TRUST * (self.cells.high - self.cells.low) / self.unit

    def spread(self, rate: Tensor | float, x: Tensor) -> Tensor:
        """Standard deviation of the noise in the model's units, (1, batch, 1, ...)."""
        return self.per_row(rate, x) * self.unit

    def corrupt(self, x: Tensor, rate: Tensor | float, noise: Noise) -> Tensor:
        """Add normal noise; clip and round."""
        return self.cells.snap(x + self.spread(rate, x)[0] * noise.normal(len(x), *x.shape[1:])[0])

    def log_prob(self, x: Tensor, clean: Distribution, rate: Tensor | float) -> Tensor:
        """log Σₓ p(x|z) p(x̃|x), by a table over the values of x, or in closed form for a normal p(x|z)."""
        return shifted_moments(x, clean, self.spread(rate, x), self.cells)[0]

    def untouched(self, x: Tensor, clean: Distribution, rate: Tensor | float) -> Tensor:
        """Trust of each cell as in ``quintet.models.partial_encoder_corruption``, because no cell is untouched."""
        trust = 1 - self.spread(rate, x) / (SPREAD_AT_NO_TRUST * (self.cells.high - self.cells.low))
        return trust.clamp(min=LEAST_TRUST).expand(1, *x.shape)

    def clean_mean(self, x: Tensor, clean: Distribution, rate: Tensor | float) -> Tensor:
        """Σₓ x p(x|z) p(x̃|x) / Σₓ p(x|z) p(x̃|x)."""
        return shifted_moments(x, clean, self.spread(rate, x), self.cells)[1]

    def improved(self, x: Tensor, clean: Distribution, rate: Tensor, observed: Tensor) -> Tensor:
        """The rate with the highest ``search_log_prob`` near the given one: the maximum of a parabola in log rate.

        The parabola passes through the best of several rates and its neighbours. Steps extend to a factor of three, so
        that few of them reach any rate. ``clean`` has one draw, whose axis holds the rates.
        """
        every = -(-x[0].numel() // ENOUGH)
        if every > 1:  # some cells of a row say as much
            kept = slice(None, None, every)
            clean = clean.select(
                (
                    *[slice(None)] * 2,
                    *torch.unravel_index(torch.arange(x[0].numel(), device=x.device)[kept], x.shape[1:]),
                )
            )
            x, observed = x.flatten(1)[:, kept], observed.flatten(1)[:, kept]
        steps = torch.tensor(STEPS, dtype=x.dtype, device=x.device)
        rates = (steps.exp()[:, None] * rate).clamp(self.lowest, self.highest)
        spreads = rates.reshape(len(steps), -1, *[1] * (x.ndim - 1)) * self.unit
        found = shifted_log_prob(x, clean, spreads, self.cells)
        score = torch.where(observed, found, 0.0).flatten(2).sum(2)
        best = score.argmax(0)
        middle = best.clamp(1, len(steps) - 2)
        below, at, above = (score.gather(0, (middle + k)[None])[0] for k in (-1, 0, 1))
        left, right = steps[middle] - steps[middle - 1], steps[middle + 1] - steps[middle]
        rise, fall = (at - below) / left, (above - at) / right
        top = steps[middle] + 0.5 * (right * rise + left * fall) / (rise - fall).clamp(min=1e-12)
        inner = (rise > 0) & (fall < 0)
        return (rate * torch.where(inner, top, steps[best]).exp()).clamp(self.lowest, self.highest)

    def search_log_prob(self, x: Tensor, clean: Distribution, rate: Tensor | float) -> Tensor:
        """log p(x|z) with its variance increased by that of the noise."""
        return shifted_log_prob(x, clean, self.spread(rate, x), self.cells)
