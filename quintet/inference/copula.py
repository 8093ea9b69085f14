"""Cells forecast from weighted draws of z, and then from their neighbours' residuals too.

p(x|z) counts cells as independent given z; what z does not hold, the width of a stroke say, is shared by neighbours.
A Gaussian copula ties them: each cell keeps the distribution that the model forecasts for it, and their normal scores
g = Φ⁻¹(F(x)) are jointly normal (Nelsen, 2006; of discrete cells Smith and Khaled, 2012). Their covariance comes from
training rows, see ``copula_fit.py``; without one, neighbours say nothing. p(x, z) itself is untouched.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.special import ndtr, ndtri

from quintet.inference.importance import WeightedDraws
from quintet.models.fitted import Fitted

ACTIVE = 192
"""Cells of a row, the least predictable ones, that are tied to each other; the others are as good as known."""
AT_ONCE = 16
"""Rows whose cells are tied at a time."""
RIDGE = 0.02
"""Variance of a soft score that no neighbour shares."""
TINY = 1e-6


@dataclass(frozen=True)
class Forecast:
    """What the draws of z say of each cell, all (batch, cells); ``table`` (batch, cells, edges)."""

    mean: Tensor  # E[x]
    log_prob: Tensor  # log p(x) of the value that is there
    low: Tensor  # P(X < x)
    high: Tensor  # P(X <= x)
    table: Tensor  # P(X <= edge)
    edges: Tensor  # (edges,)
    width: float  # their distance


@dataclass(frozen=True)
class NeighbourForecast:
    """What its neighbours say of each cell's normal score: N(mean, variance), (batch, cells)."""

    mean: Tensor
    variance: Tensor

    def below(self, share: Tensor) -> Tensor:
        """A probability P(X <= x) of the forecast -> the same given the neighbours."""
        mean, spread = self.mean, self.variance.sqrt()
        if share.ndim > mean.ndim:
            mean, spread = mean[..., None], spread[..., None]
        moved = ndtr((ndtri(share.clamp(TINY, 1 - TINY)) - mean) / spread)
        return torch.where(share <= 0, 0.0, torch.where(share >= 1, 1.0, moved))

    def widened(self, factor: Tensor) -> NeighbourForecast:
        """The same with its spread times ``factor``, (batch, cells)."""
        return NeighbourForecast(self.mean, self.variance * factor.square())

    def expected(self, forecast: Forecast) -> Tensor:
        """E[x] given the neighbours: the forecast's, moved by as much as the table's sum moves."""
        return forecast.mean + forecast.width * (forecast.table - self.below(forecast.table)).sum(-1)

    def log_prob(self, forecast: Forecast) -> Tensor:
        """log p(x) given the neighbours, of the value that is there."""
        mass = forecast.high - forecast.low
        moved = self.below(forecast.high) - self.below(forecast.low)
        score = ndtri(forecast.high.clamp(TINY, 1 - TINY))
        density = 0.5 * (score.square() - (score - self.mean).square() / self.variance - self.variance.log())
        change = torch.where(mass > TINY, (moved.clamp(min=1e-12) / mass.clamp(min=TINY)).log(), density)
        return forecast.log_prob + change


def forecast(fitted: Fitted, parts: list[WeightedDraws], x: Tensor) -> Forecast:
    """The mixture of p(x|z) over the weighted draws, cell by cell."""
    whole = fitted.schema.is_whole
    edges, width = _edges(fitted)
    like = x.flatten(1)
    mean, density, low, high = (torch.zeros_like(like) for _ in range(4))
    table = torch.zeros(len(edges), *like.shape, dtype=x.dtype, device=x.device)
    points = edges.to(x).reshape(-1, *[1] * x.ndim)
    for part in parts:
        for clean, weight in part.decoded(fitted.model):
            share = weight[:, None]
            up_to = clean.cdf(x).flatten(2)[0]
            mean += share * clean.mean.flatten(2)[0]
            density += share * clean.log_prob(x).flatten(2)[0].exp()
            high += share * up_to
            low += share * (clean.cdf(x - 1).flatten(2)[0] if whole else up_to)
            table += share * clean.cdf(points).flatten(2)
    return Forecast(mean, density.clamp(min=1e-30).log(), low, high, table.movedim(0, -1), edges, width)


def shares_below(fitted: Fitted, parts: list[WeightedDraws], x: Tensor) -> tuple[Tensor, Tensor]:
    """P(X < x) and P(X <= x) of ``forecast`` alone, (batch, cells) each: a few of its operations."""
    low, high = torch.zeros_like(x.flatten(1)), torch.zeros_like(x.flatten(1))
    for part in parts:
        for clean, weight in part.decoded(fitted.model):
            up_to = clean.cdf(x).flatten(2)[0]
            high += weight[:, None] * up_to
            low += weight[:, None] * (clean.cdf(x - 1).flatten(2)[0] if fitted.schema.is_whole else up_to)
    return low, high


def forecast_from_neighbours(fitted: Fitted, seen: Forecast, trust: Tensor) -> NeighbourForecast:
    """What the trusted cells of a row say of each of its cells, the cell's own value left out.

    Soft scores are a Gaussian process over the cells; a cell of trust t is an observation with noise of variance
    RIDGE + (its variance + its square) (1 - t)/t, and its own is taken out again as in expectation propagation
    (Minka, 2001).

    Parameters
    ----------
    trust : (batch, cells), 0..1; at 0 a cell says nothing.
    """
    score = soft_score(seen.low, seen.high)
    mean, spare = torch.zeros_like(score), torch.ones_like(score)
    copula = fitted.artifacts.copula
    if copula is None:
        return NeighbourForecast(mean, spare)
    covariance = copula.covariance.to(score)
    places = active(seen)
    for rows in torch.split(torch.arange(len(score), device=score.device), AT_ONCE):
        at, row = places[rows], rows[:, None]
        prior = covariance[at[:, :, None], at[:, None, :]]
        told, left = cavities(prior, score[row, at], trust[row, at])
        mean[row, at] = told
        spare[row, at] = (1 - (prior.diagonal(dim1=1, dim2=2) - left)).clamp(0.02, 1.0)
    return NeighbourForecast(mean, spare)


def active(seen: Forecast) -> Tensor:
    """The cells of each row whose scores vary most under the forecast, (batch, up to ACTIVE)."""
    inner = seen.table.clamp(0, 1)
    zero, one = torch.zeros_like(inner[..., :1]), torch.ones_like(inner[..., :1])
    share = torch.diff(inner, prepend=zero, append=one)
    step = torch.diff(bell(ndtri(inner.clamp(TINY, 1 - TINY))), prepend=zero, append=zero)
    variance = (step.square() / share.clamp(min=TINY)).sum(-1)
    return variance.topk(min(ACTIVE, variance.shape[1]), dim=1).indices.sort(1).values


def soft_score(low: Tensor, high: Tensor) -> Tensor:
    """E[g | Φ(g) between low and high]: the normal score of a value, of the middle of its step where it has one."""
    low, high = low.clamp(TINY, 1 - 2 * TINY), high.clamp(2 * TINY, 1 - TINY)
    high = torch.maximum(high, low + TINY)
    return (bell(ndtri(low)) - bell(ndtri(high))) / (high - low)


def bell(t: Tensor) -> Tensor:
    """The standard normal density."""
    return torch.exp(-0.5 * t.square()) / math.sqrt(2 * math.pi)


def cavities(prior: Tensor, score: Tensor, trust: Tensor, ridge: float = RIDGE) -> tuple[Tensor, Tensor]:
    """Mean and variance of each cell's score given all the other cells, (rows, cells) each.

    Parameters
    ----------
    prior : (rows, cells, cells), covariance of the scores.
    score, trust : (rows, cells); at trust 0 a cell says nothing.
    ridge : variance of a score that no other cell shares.
    """
    own = prior.diagonal(dim1=1, dim2=2)
    noise = ridge + (own + score.square()) * (1 - trust) / trust.clamp(min=TINY)
    precision = torch.where(trust > TINY, 1 / noise, 0.0)
    root = precision.sqrt()
    inner = prior * root[:, :, None] * root[:, None, :]
    inner.diagonal(dim1=1, dim2=2).add_(1.0)
    lower = torch.linalg.cholesky(inner)
    across = torch.linalg.solve_triangular(lower, root[:, :, None] * prior, upper=False)
    variance = (own - across.square().sum(1)).clamp(min=1e-6)
    whitened = torch.linalg.solve_triangular(lower, (root * score)[:, :, None], upper=False)
    mean = (across.mT @ whitened)[:, :, 0]
    left = torch.minimum(1 / (1 / variance - precision).clamp(min=1e-3), own)
    return left * (mean / variance - precision * score), left


def _edges(fitted: Fitted) -> tuple[Tensor, float]:
    """Values that the table stands at, and their distance; none where cells have no bounds."""
    if fitted.schema.kind == "real":
        return torch.zeros(0, dtype=torch.float32), 0.0
    if fitted.schema.kind == "unit":
        return (torch.arange(16, dtype=torch.float32) + 0.5) / 16, 1 / 16
    levels = fitted.schema.levels
    step = max(1, levels // 16)
    return torch.arange((step - 1) // 2, levels - 1, step).float(), float(step)
