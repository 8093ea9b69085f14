"""Initial offsets of a decoder's raw output, for which p(x|z) is each cell's marginal distribution.

A decoder's raw output starts near 0, for which a likelihood is far from most data: a count of 1, a probability of one
half. Learning a mean of 1,000 from there takes long and makes latents grow without bound. The model therefore adds
these offsets to the raw output, and the decoder learns deviations from the marginals only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

SHARPEST = 30.0
"""Largest initial logit of a continuous Bernoulli, for a mean of 1/30."""


@dataclass(frozen=True)
class Marginals:
    """Moments of each cell over the rows that observe it, in the model's units, (*row) in float64 each.

    ``count`` is the sum of the rows' weights, 0 for a cell that is never observed; ``zeros`` is the share of zeros.
    ``shares(levels)`` is the share of each level 0 .. levels-1, (levels, *row).
    """

    count: Tensor
    mean: Tensor
    variance: Tensor
    zeros: Tensor
    shares: Callable[[int], Tensor]

    @property
    def seen(self) -> Tensor:
        """Whether a cell is ever observed."""
        return self.count > 0

    def pooled(self) -> Marginals:
        """Moments pooled over all cells, with axes of length 1."""
        share = self.count / self.count.sum().clamp(min=1e-300)
        ones = (1,) * self.mean.ndim
        mean = (share * self.mean).sum()
        variance = (share * (self.variance + (self.mean - mean).square())).sum()

        def shares(levels: int) -> Tensor:
            return (share * self.shares(levels)).flatten(1).sum(1).reshape(levels, *ones)

        count, zeros = self.count.sum().reshape(ones), (share * self.zeros).sum().reshape(ones)
        return Marginals(count, mean.reshape(ones), variance.reshape(ones), zeros, shares)

    def chance(self) -> Tensor:
        """Mean of cells in 0..1, smoothed by half a row (Jeffreys' prior); one half for cells never observed."""
        return (self.count * self.mean + 0.5) / (self.count + 1)

    def spread(self) -> Tensor:
        """Standard deviation, smoothed by one row with the pooled variance, so that it is never 0."""
        usual = (self.count * self.variance).sum() / self.count.sum().clamp(min=1e-300)
        usual = torch.where(usual > 0, usual, 1.0)
        return ((self.count * self.variance + usual) / (self.count + 1)).sqrt()

    def centre(self) -> Tensor:
        """Mean; for cells never observed the pooled mean."""
        return torch.where(self.seen, self.mean, self.pooled().mean)


def logits(m: Marginals) -> Tensor:
    """Offsets of a Bernoulli, (1, *row)."""
    return m.chance().logit().unsqueeze(0)


def continuous_logits(m: Marginals) -> Tensor:
    """Offsets of a continuous Bernoulli, (1, *row): its mean 1/(1 - e^-a) - 1/a inverted by bisection."""
    wanted = m.chance()
    low, high = torch.full_like(wanted, -SHARPEST), torch.full_like(wanted, SHARPEST)
    for _ in range(40):
        a = (low + high) / 2
        small = a.abs() < 1e-4
        safe = torch.where(small, 1.0, a)
        mean = torch.where(small, 0.5 + a / 12, 1 / -torch.expm1(-safe) - 1 / safe)
        low, high = torch.where(mean < wanted, a, low), torch.where(mean < wanted, high, a)
    return ((low + high) / 2).unsqueeze(0)


def location(m: Marginals) -> Tensor:
    """Offsets of a normal with fixed scale, (1, *row)."""
    return m.centre().unsqueeze(0)


def location_and_scale(m: Marginals, least: float) -> Tensor:
    """Offsets of a normal with scale ``least`` + softplus(raw), (2, *row)."""
    beyond = (m.spread() - least).clamp(min=least)
    return torch.stack([m.centre(), beyond + torch.log(-torch.expm1(-beyond))])


def logistics(m: Marginals, levels: int, offsets: Tensor, log_scale: float) -> Tensor:
    """Offsets of a discretised logistic mixture, (3 * components, *row): equal weights, centres spread about the mean.

    Parameters
    ----------
    offsets : (components,), added to the centres by the head, in units of half the range.
    log_scale : added to the log scale by the head.
    """
    half = (levels - 1) / 2
    apart = offsets.to(m.mean).reshape(-1, *[1] * m.mean.ndim)
    loc = (m.centre() + apart * m.spread() - half) / half - apart
    scale = (m.spread().clamp(min=0.5) / 2).log() - log_scale
    return torch.cat([torch.zeros_like(loc), loc, scale.expand_as(loc)])


def level_logits(m: Marginals, levels: int) -> Tensor:
    """Offsets of a categorical, (levels, *row): log shares, smoothed by one row, half uniform and half pooled."""
    further = 0.5 / levels + 0.5 * m.pooled().shares(levels)
    return ((m.count * m.shares(levels) + further) / (m.count + 1)).log()


def log_mean_and_size(m: Marginals) -> Tensor:
    """Offsets of a negative binomial, (2, *row): r from mean m and variance m + m²/r; half a count if all are 0."""
    mean = torch.where(m.mean > 0, m.centre(), torch.where(m.seen, 0.5 / (m.count + 1), m.pooled().mean + 1e-3))
    beyond = (m.spread().square() - mean).clamp(min=1e-300)
    return torch.stack([mean.log(), (2 * mean.log() - beyond.log()).clamp(-2.0, 12.0)])


def inflated(m: Marginals) -> Tensor:
    """Offsets of a zero-inflated negative binomial, (3, *row), with half of the zeros as extra zeros."""
    share = (m.zeros / 2).clamp(0.01, 0.5)
    counts = log_mean_and_size(m)
    return torch.stack([counts[0] - torch.log1p(-share), counts[1], share.logit()])
