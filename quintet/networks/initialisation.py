"""Where a head starts: the numbers under which p(x|z) is each cell's own distribution over the training rows.

A decoder starts with numbers near 0. What a likelihood makes of 0 is far from most data: a count of 1, a chance of one
half. The way from there to a mean of 1,000 is long, and the latents take it by growing without bound. So the head adds
these numbers to the decoder's, which then says only how a row differs from the others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

SHARPEST = 30.0
"""Largest logit of a continuous Bernoulli at the start: a mean of 1/30."""


@dataclass(frozen=True)
class Marginals:
    """Moments of each cell over the rows in which it is observed, in the model's units; each (*row) in float64.

    ``count`` is the sum of the rows' weights, 0 for a cell that is never observed; ``zeros`` the share of zeros.
    ``shares`` gives the share of each level 0 .. levels-1, (levels, *row).
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
        """The moments of all cells together, with axes of length 1."""
        share = self.count / self.count.sum().clamp(min=1e-300)
        ones = (1,) * self.mean.ndim
        mean = (share * self.mean).sum()
        variance = (share * (self.variance + (self.mean - mean).square())).sum()

        def shares(levels: int) -> Tensor:
            return (share * self.shares(levels)).flatten(1).sum(1).reshape(levels, *ones)

        count, zeros = self.count.sum().reshape(ones), (share * self.zeros).sum().reshape(ones)
        return Marginals(count, mean.reshape(ones), variance.reshape(ones), zeros, shares)

    def chance(self) -> Tensor:
        """The mean of cells in 0..1, kept off 0 and 1 by half a row (Jeffreys); one half where nothing is known."""
        return (self.count * self.mean + 0.5) / (self.count + 1)

    def spread(self) -> Tensor:
        """The standard deviation, with one row more that has the spread of all cells: never 0 for want of rows."""
        usual = (self.count * self.variance).sum() / self.count.sum().clamp(min=1e-300)
        usual = torch.where(usual > 0, usual, 1.0)
        return ((self.count * self.variance + usual) / (self.count + 1)).sqrt()

    def centre(self) -> Tensor:
        """The mean; of cells that are never observed that of all others."""
        return torch.where(self.seen, self.mean, self.pooled().mean)


def logits(m: Marginals) -> Tensor:
    """Of a Bernoulli, (1, *row)."""
    return m.chance().logit().unsqueeze(0)


def continuous_logits(m: Marginals) -> Tensor:
    """Of a continuous Bernoulli, (1, *row): its mean 1/(1 - e^-a) - 1/a, inverted by bisection."""
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
    """Of a normal of fixed spread, (1, *row)."""
    return m.centre().unsqueeze(0)


def location_and_scale(m: Marginals, least: float) -> Tensor:
    """Of a normal of spread ``least`` + softplus(raw), (2, *row)."""
    beyond = (m.spread() - least).clamp(min=least)
    return torch.stack([m.centre(), beyond + torch.log(-torch.expm1(-beyond))])


def logistics(m: Marginals, levels: int, offsets: Tensor, log_scale: float) -> Tensor:
    """Of a mixture of discretised logistics, (3 * components, *row): weights equal, centres a spread about the mean.

    Parameters
    ----------
    offsets : (components,), which the head adds to the centres, in halves of the range.
    log_scale : which the head adds to the log of the scale.
    """
    half = (levels - 1) / 2
    apart = offsets.to(m.mean).reshape(-1, *[1] * m.mean.ndim)
    loc = (m.centre() + apart * m.spread() - half) / half - apart
    scale = (m.spread().clamp(min=0.5) / 2).log() - log_scale
    return torch.cat([torch.zeros_like(loc), loc, scale.expand_as(loc)])


def level_logits(m: Marginals, levels: int) -> Tensor:
    """Of a categorical, (levels, *row): the log of the shares, with one row more, half of which is evenly spread and
    half like all cells together."""
    further = 0.5 / levels + 0.5 * m.pooled().shares(levels)
    return ((m.count * m.shares(levels) + further) / (m.count + 1)).log()


def log_mean_and_size(m: Marginals) -> Tensor:
    """Of a negative binomial, (2, *row): mean m and variance m + m²/r give r; of no counts at all, half of one."""
    mean = torch.where(m.mean > 0, m.centre(), torch.where(m.seen, 0.5 / (m.count + 1), m.pooled().mean + 1e-3))
    beyond = (m.spread().square() - mean).clamp(min=1e-300)
    return torch.stack([mean.log(), (2 * mean.log() - beyond.log()).clamp(-2.0, 12.0)])


def inflated(m: Marginals) -> Tensor:
    """Of counts with zeros of another origin, (3, *row): half of the zeros are taken for such."""
    share = (m.zeros / 2).clamp(0.01, 0.5)
    counts = log_mean_and_size(m)
    return torch.stack([counts[0] - torch.log1p(-share), counts[1], share.logit()])
