"""Likelihood under additive normal noise: p(x̃|z) = Σₓ p(x|z) N(x̃; x, spread²), clipped and rounded."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from quintet.distributions.base import Distribution
from quintet.distributions.discretized_logistic import DiscretizedLogisticMixture
from quintet.distributions.elementwise_mixture import ElementwiseMixture
from quintet.distributions.normal import Normal

if TYPE_CHECKING:
    from quintet.distributions.noise_models.base import CellValues

MANY = 1024
"""Number of levels above which p(x̃|z) is approximated by a normal instead of computed by a table."""
GRID = 129
"""Number of grid points of a density on a bounded range."""
FINE = 128
"""Levels from which on mixtures of logistics under wide noise are answered in closed form."""
NARROW = 2.0
"""Standard deviations of the noise, in steps of the cells, below which the table serves mixtures of logistics."""
NORMALS = ((0.565, 1.464), (0.435, 5.661))
"""Shares and variances of two normals with the second and fourth moments of the standard logistic, π²/3 and 7π⁴/15."""
REACH = 3.0
"""Standard deviations of the noise between a count and the end of the table from which on the table serves."""
BLOCK = 2**22
"""Number of elements of a table that are in memory at a time."""


def shifted_moments(x: Tensor, clean: Distribution, spread: Tensor, cells: CellValues) -> tuple[Tensor, Tensor]:
    """log p(x̃|z) and E[x | x̃, z] of each cell, both (draws, batch, *row).

    Counts near or above the range of the table are answered in closed form, with a normal of the mean and variance of
    p(x|z).

    Parameters
    ----------
    x : x̃, (batch, *row).
    clean : p(x|z) over (draws, batch, *row).
    spread : standard deviation of the noise, broadcasts against (1, batch, *row).
    """
    if isinstance(clean, Normal) and not cells.bounded:
        return _conjugate(x, clean, spread)
    if isinstance(clean, DiscretizedLogisticMixture) and clean.levels >= FINE:
        return _by_logistics(x, clean, spread.expand(1, *x.shape), cells)
    if isinstance(clean, ElementwiseMixture) and not cells.bounded:
        return _by_normals(x, clean, spread)
    return _by_table(x, clean, spread, cells)


def _by_normals(x: Tensor, clean: ElementwiseMixture, spread: Tensor) -> tuple[Tensor, Tensor]:
    """Closed form for a mixture of normals under normal noise."""
    own, seen = clean.scale.square(), spread.square()
    weight = clean.log_weight + Normal(clean.loc, (own + seen).sqrt()).log_prob(x)
    log_p = weight.logsumexp(0)
    means = clean.loc + own / (own + seen) * (x - clean.loc)
    return log_p, ((weight - log_p).exp() * means).sum(0)


def _by_logistics(
    x: Tensor, clean: DiscretizedLogisticMixture, spread: Tensor, cells: CellValues
) -> tuple[Tensor, Tensor]:
    """Each logistic as ``NORMALS`` of its moments, for which all is in closed form; cells at an end of the range, where
    noise was clipped, and those under narrow noise have the table."""
    precise = ((x <= cells.low) | (x >= cells.high) | (spread < NARROW * cells.step))[0]
    inside, scale = clean.loc.clamp(0, clean.levels - 1), clean.log_scale.exp().square()
    weights, seen = torch.log_softmax(clean.logits, 0), spread.square()
    parts, means = [], []
    for share, variance in NORMALS:
        own = variance * scale
        parts.append(weights + math.log(share) + Normal(inside, (own + seen).sqrt()).log_prob(x))
        means.append(torch.lerp(inside, x.expand_as(inside), own / (own + seen)))
    weight = torch.cat(parts)
    log_p = weight.logsumexp(0)
    mean = ((weight - log_p).exp() * torch.cat(means)).sum(0).clamp(cells.low, cells.high)
    if bool(precise.any()):
        some = clean.select((slice(None), precise))
        log_p[:, precise], mean[:, precise] = _by_table(x[precise], some, spread[0, precise], cells)
    return log_p, mean


def _by_table(x: Tensor, clean: Distribution, spread: Tensor, cells: CellValues) -> tuple[Tensor, Tensor]:
    like = clean.mean
    points = round((cells.high - cells.low) / cells.step) + 1 if cells.whole else GRID
    if points > MANY:
        return _conjugate(x, Normal(like, clean.variance.sqrt()), spread)
    values = torch.linspace(cells.low, cells.high, points, dtype=x.dtype, device=x.device)
    log_p, mean = torch.empty_like(like), torch.empty_like(like)
    rows = max(1, BLOCK // (math.prod(like.shape[2:]) * points))
    for start in range(0, like.shape[1], rows):
        block = slice(start, start + rows)
        kernel = _kernel(x[block], values, spread.expand(1, *x.shape)[0, block], cells)
        for draw in range(like.shape[0]):
            part = (slice(draw, draw + 1), block)
            weight = _table(clean.select(part), values, cells) * kernel
            total = weight.sum(-1).clamp(min=1e-30)
            log_p[part], mean[part] = total.log(), (weight @ values) / total
    if not cells.open:
        return log_p, mean
    high, moved = _conjugate(x, Normal(like, clean.variance.sqrt()), spread)
    beyond = x + REACH * spread > cells.high
    return torch.where(beyond, high, log_p), torch.where(beyond, moved, mean)


def shifted_log_prob(x: Tensor, clean: Distribution, spread: Tensor, cells: CellValues) -> Tensor:
    """Normalised approximation of log p(x̃|z) without a table: ``clean`` with its variance increased by the noise's."""
    if isinstance(clean, DiscretizedLogisticMixture):
        # a logistic's variance is (π s)²/3; centres are clamped, or the noise would not reach into the range
        scale = (clean.log_scale.exp().square() + 3 * (spread / math.pi).square()).sqrt()
        inside = clean.loc.clamp(0, clean.levels - 1)
        return DiscretizedLogisticMixture(clean.logits, inside, scale.log(), clean.levels).log_prob(x)
    if isinstance(clean, ElementwiseMixture):
        return replace(clean, scale=(clean.scale.square() + spread.square()).sqrt()).log_prob(x)
    return Normal(clean.mean, (clean.variance + spread.square()).sqrt()).log_prob(x)


def _conjugate(x: Tensor, clean: Normal, spread: Tensor) -> tuple[Tensor, Tensor]:
    """Closed form for a normal under normal noise."""
    seen, own = spread.square(), clean.variance
    gain = own / (own + seen)
    return Normal(clean.loc, (own + seen).sqrt()).log_prob(x), clean.loc + gain * (x - clean.loc)


def _kernel(x: Tensor, values: Tensor, spread: Tensor, cells: CellValues) -> Tensor:
    """p(x̃ | x = value), (batch, *row, values), as a mass, or as a density for continuous cells."""
    x, half = x.unsqueeze(-1), 0.5 * cells.step
    spread = spread.unsqueeze(-1)
    upper = torch.special.ndtr((x + half - values) / spread)
    lower = torch.special.ndtr((x - half - values) / spread)
    if cells.bounded:
        upper = upper if cells.open else torch.where(x > cells.high - half, 1.0, upper)
        lower = torch.where(x < cells.low + half, 0.0, lower)
    mass: Tensor = (upper - lower) * cells.measure
    return mass


def _table(clean: Distribution, values: Tensor, cells: CellValues) -> Tensor:
    """P(x = value), or the density normalised over the grid, (1, rows, *row, values)."""
    if isinstance(clean, DiscretizedLogisticMixture):
        return clean.pmf_table()
    table = torch.stack([clean.log_prob(value).expand_as(clean.mean) for value in values], -1).exp()
    return table if cells.whole else table / table.sum(-1, keepdim=True)
