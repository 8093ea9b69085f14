"""Predictive distribution of cells from weighted draws of z, corrected by a Gaussian copula of neighbours' residuals.

Cells are independent given z under p(x|z), but neighbours share what z does not encode, such as the width of a stroke.
A Gaussian copula models this dependence: each cell keeps its predictive distribution F, and the normal scores
g = Φ⁻¹(F(x)) are jointly normal (Nelsen, 2006; for discrete cells Smith and Khaled, 2012). ``copula_fit.py`` estimates
their covariance on training rows; without it cells stay independent. p(x, z) itself is not changed.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.special import ndtr, ndtri

from quintet.distributions.base import Distribution
from quintet.distributions.joint import point_estimate
from quintet.inference.importance import WeightedDraws
from quintet.inference.normal_scores import TINY, bell, soft_score
from quintet.models.fitted import Fitted

ACTIVE = 192
"""Largest number of cells of a row in the copula: the least predictable ones; the others are almost certain."""
AT_ONCE = 16
"""Number of rows whose copula is computed at a time."""
RIDGE = 0.02
"""Variance of a score that is independent of all neighbours."""


@dataclass(frozen=True)
class Forecast:
    """Predictive distribution of each cell over the draws of z, (batch, cells); ``table`` (batch, cells, edges)."""

    mean: Tensor  # E[x]
    log_prob: Tensor  # log p(x) of the given value
    low: Tensor  # P(X < x)
    high: Tensor  # P(X <= x)
    table: Tensor  # P(X <= edge)
    edges: Tensor  # (edges,)
    width: float  # distance of the edges


@dataclass(frozen=True)
class NeighbourForecast:
    """Distribution N(mean, variance) of each cell's normal score given its neighbours, (batch, cells)."""

    mean: Tensor
    variance: Tensor

    def below(self, share: Tensor) -> Tensor:
        """P(X <= x) given the neighbours, from P(X <= x) of the forecast."""
        mean, spread = self.mean, self.variance.sqrt()
        if share.ndim > mean.ndim:
            mean, spread = mean[..., None], spread[..., None]
        moved = ndtr((ndtri(share.clamp(TINY, 1 - TINY)) - mean) / spread)
        return torch.where(share <= 0, 0.0, torch.where(share >= 1, 1.0, moved))

    def widened(self, factor: Tensor) -> NeighbourForecast:
        """The same distribution with its standard deviation multiplied by ``factor``, (batch, cells)."""
        return NeighbourForecast(self.mean, self.variance * factor.square())

    def expected(self, forecast: Forecast) -> Tensor:
        """E[x] given the neighbours, from the change of the table's sum."""
        return forecast.mean + forecast.width * (forecast.table - self.below(forecast.table)).sum(-1)

    def log_prob(self, forecast: Forecast) -> Tensor:
        """log p(x) of the given value, given the neighbours."""
        mass = forecast.high - forecast.low
        moved = self.below(forecast.high) - self.below(forecast.low)
        score = ndtri(forecast.high.clamp(TINY, 1 - TINY))
        density = 0.5 * (score.square() - (score - self.mean).square() / self.variance - self.variance.log())
        change = torch.where(mass > TINY, (moved.clamp(min=1e-12) / mass.clamp(min=TINY)).log(), density)
        return forecast.log_prob + change


def forecast(fitted: Fitted, parts: list[WeightedDraws], x: Tensor) -> Forecast:
    """Predictive distribution of each cell: the mixture of p(x|z) over the weighted draws."""
    edges, width = _edges(fitted)
    like = x.flatten(1)
    density, low, high = (torch.zeros_like(like) for _ in range(3))
    table = torch.zeros(len(edges), *like.shape, dtype=x.dtype, device=x.device)
    points = edges.to(x).reshape(-1, *[1] * x.ndim)
    for part in parts:
        for clean, weight in part.decoded(fitted.model):
            share = weight[:, None]
            below, up_to = step_at(fitted, clean, x)
            density += share * clean.log_prob(x).flatten(2)[0].exp()
            high += share * up_to
            low += share * below
            table += share * clean.cdf(points).flatten(2)
    mean = point_estimate(pair for part in parts for pair in part.decoded(fitted.model)).flatten(1)
    return Forecast(mean, density.clamp(min=1e-30).log(), low, high, table.movedim(0, -1), edges, width)


def shares_below(fitted: Fitted, parts: list[WeightedDraws], x: Tensor) -> tuple[Tensor, Tensor]:
    """P(X < x) and P(X <= x) of ``forecast`` only, (batch, cells) each."""
    low, high = torch.zeros_like(x.flatten(1)), torch.zeros_like(x.flatten(1))
    for part in parts:
        for clean, weight in part.decoded(fitted.model):
            below, up_to = step_at(fitted, clean, x)
            high += weight[:, None] * up_to
            low += weight[:, None] * below
    return low, high


def step_at(fitted: Fitted, clean: Distribution, x: Tensor) -> tuple[Tensor, Tensor]:
    """P(X < x | z) and P(X <= x | z) of the values x as users see them, (batch, cells) each; equal for real numbers.

    A cell of a table stands for the numbers that are rounded to it.
    """
    if fitted.schema.columns:
        half = half_steps(fitted, x)
        return clean.cdf(x - half).flatten(2)[0], clean.cdf(x + half).flatten(2)[0]
    up_to = clean.cdf(x).flatten(2)[0]
    return (clean.cdf(x - 1).flatten(2)[0] if fitted.schema.is_whole else up_to), up_to


def half_steps(fitted: Fitted, x: Tensor) -> Tensor:
    """Half the distance of neighbouring values or codes of each cell of a table, (cells,); 0 for real numbers."""
    columns = zip(fitted.schema.modelled, fitted.schema.scale, strict=True)
    steps = [0.5 if column.codes else 0.5 * column.spacing / scale for column, scale in columns]
    return torch.tensor(steps, dtype=x.dtype, device=x.device)


def forecast_from_neighbours(fitted: Fitted, seen: Forecast, trust: Tensor) -> NeighbourForecast:
    """Distribution of each cell's score given the trusted other cells of its row.

    Scores are a Gaussian process over the cells. A cell of trust t is an observation with noise variance RIDGE + (prior
    variance + score²) (1 - t)/t. Its own observation is removed as in expectation propagation (Minka, 2001).

    Parameters
    ----------
    trust : (batch, cells), 0..1; cells of trust 0 are not used.
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
        cavity_mean, left = cavities(prior, score[row, at], trust[row, at])
        mean[row, at] = cavity_mean
        spare[row, at] = (1 - (prior.diagonal(dim1=1, dim2=2) - left)).clamp(0.02, 1.0)
    return NeighbourForecast(mean, spare)


def active(seen: Forecast) -> Tensor:
    """Indices of the cells of each row whose scores have the largest variance, (batch, up to ACTIVE)."""
    inner = seen.table.clamp(0, 1)
    zero, one = torch.zeros_like(inner[..., :1]), torch.ones_like(inner[..., :1])
    share = torch.diff(inner, prepend=zero, append=one)
    step = torch.diff(bell(ndtri(inner.clamp(TINY, 1 - TINY))), prepend=zero, append=zero)
    variance = (step.square() / share.clamp(min=TINY)).sum(-1)
    return variance.topk(min(ACTIVE, variance.shape[1]), dim=1).indices.sort(1).values


def cavities(prior: Tensor, score: Tensor, trust: Tensor, ridge: float = RIDGE) -> tuple[Tensor, Tensor]:
    """Mean and variance of each cell's score given all other cells, (rows, cells) each.

    Parameters
    ----------
    prior : (rows, cells, cells), covariance of the scores.
    score, trust : (rows, cells); cells of trust 0 are not used.
    ridge : variance of a score that is independent of all other cells.
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
    """Edges of the table and their distance; no edges for unbounded cells."""
    if fitted.schema.is_standardised:
        return torch.zeros(0, dtype=torch.float32), 0.0
    if not fitted.schema.is_whole:
        return (torch.arange(16, dtype=torch.float32) + 0.5) / 16, 1 / 16
    levels = fitted.schema.levels
    step = max(1, levels // 16)
    return torch.arange((step - 1) // 2, levels - 1, step).float(), float(step)
