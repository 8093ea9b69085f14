"""Quantiles of missing cells of real numbers, each given the observed cells."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from quintet.data.dataset import Batch
from quintet.inference.importance import WeightedDraws
from quintet.models.fitted import Fitted

HALVINGS = 26
"""Halvings of the interval that holds a quantile for certain."""


def missing_quantiles(
    fitted: Fitted,
    parts: list[WeightedDraws],
    batch: Batch,
    mean: Tensor,
    factor: Tensor | None,
    shares: Sequence[float],
) -> Tensor:
    """Quantiles of p(missing cell | observed cells), (batch, shares, *row); observed cells are themselves.

    They are found by bisection between the ends that Cantelli's inequality gives for a mean and a variance.

    Parameters
    ----------
    mean : (batch, *row), E[x], from which ``factor`` (batch, cells), where there is one, stretches distances.
    shares : probabilities above 0 and below 1.
    """
    out = batch.x[:, None].repeat(1, len(shares), *[1] * (batch.x.ndim - 1))
    if not shares:
        return out
    missing = (~batch.observed).nonzero(as_tuple=True)
    decoded = (pair for part in parts for pair in part.decoded(fitted.model))
    found = [(clean.select((slice(None), *missing)), weight[missing[0]]) for clean, weight in decoded]
    weights = torch.stack([weight for _, weight in found])
    means = torch.stack([clean.mean[0] for clean, _ in found])
    variances = torch.stack([clean.variance[0] for clean, _ in found])
    middle = (weights * means).sum(0)
    spread = (weights * (variances + (means - middle).square())).sum(0).clamp(min=0).sqrt()
    for number, share in enumerate(shares):
        reach = spread * (1 + (1 / min(share, 1 - share)) ** 0.5)
        low, high = middle - reach, middle + reach
        for _ in range(HALVINGS):
            half = (low + high) / 2
            below = sum((weight * clean.cdf(half[None])[0] for clean, weight in found), torch.zeros_like(half))
            low, high = torch.where(below >= share, low, half), torch.where(below >= share, half, high)
        if factor is not None:
            centre = mean[missing]
            high = centre + factor.reshape(mean.shape)[missing] * (high - centre)
        out[:, number][missing] = high
    return out
