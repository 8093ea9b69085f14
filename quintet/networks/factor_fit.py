"""Factor analysis of rows with missing numbers by expectation and maximisation (Rubin and Thayer, "EM algorithms for ML
factor analysis", 1982)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

ROUNDS = 100
RIDGE = 1e-3
"""Added to the moments of the factors, for columns with few numbers."""
LEAST = 0.02
"""Least variance of a column's noise, and share of a column that the first factors leave to it."""


class FactorFit(NamedTuple):
    """y = L f + e: loadings L (columns, factors) and the variances of e, (columns,)."""

    loading: Tensor
    noise: Tensor


def fit_factors(score: Tensor, observed: Tensor, factors: int, weight: Tensor | None = None) -> FactorFit:
    """The loadings and variances of noise of the greatest likelihood of the observed scores.

    Parameters
    ----------
    score, observed : (rows, columns) float64; scores of mean 0 where ``observed`` is 1, 0 elsewhere.
    factors : number of factors.
    weight : (rows,); None: all weigh the same.
    """
    there = observed if weight is None else observed * weight.to(observed).unsqueeze(-1)
    score = torch.where(observed > 0, score, 0.0)
    count = there.sum(0).clamp(min=1e-9)
    variance = (there * score.square()).sum(0) / count + 1e-6
    loading, noise = _first(score, observed, there, variance, factors)
    size, one = (-1, factors, factors), torch.eye(factors, dtype=score.dtype, device=score.device)
    for _ in range(ROUNDS):
        by_noise = observed / noise
        square = (loading.unsqueeze(-1) * loading.unsqueeze(-2)).flatten(1)
        covariance = torch.linalg.inv(one + (by_noise @ square).view(size))
        mean = (covariance * ((by_noise * score) @ loading).unsqueeze(-2)).sum(-1)
        second = (covariance + mean.unsqueeze(-1) * mean.unsqueeze(-2)).flatten(1)
        moments = (there.T @ second).view(size)
        cross = (there * score).T @ mean
        loading = torch.linalg.solve(moments + RIDGE * one, cross)
        explained = 2 * (loading * cross).sum(-1) - ((moments @ loading.unsqueeze(-1)).squeeze(-1) * loading).sum(-1)
        noise = torch.maximum(variance - explained / count, LEAST * variance)
    return FactorFit(loading, noise)


def _first(score: Tensor, observed: Tensor, there: Tensor, variance: Tensor, factors: int) -> tuple[Tensor, Tensor]:
    """Principal components of the covariances of pairs of columns that are observed together."""
    pairs = (there.T @ observed).clamp(min=1.0)
    values, vectors = torch.linalg.eigh((there * score).T @ score / pairs)
    loading = vectors[:, -factors:] * values[-factors:].clamp(min=LEAST).sqrt()
    return loading, torch.maximum(variance - loading.square().sum(-1), LEAST * variance)
