"""Fit of the copula: the covariance of residuals' normal scores on training rows."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from quintet.artifacts.missing_cells import Copula
from quintet.data.dataset import Batch, Rows
from quintet.inference.chunks import RowProgress, in_chunks
from quintet.inference.copula import shares_below
from quintet.inference.importance import Effort
from quintet.inference.missing_posterior import missing_posterior
from quintet.inference.normal_scores import soft_score
from quintet.models.fitted import Fitted
from quintet.models.partial_encoder_corruption import blocks
from quintet.noise import RowNoise

SMALLEST, LARGEST = 16, 1024
"""Smallest and largest number of cells of a row for which a covariance is fitted."""
ROWS = 4000
"""Largest number of training rows of the estimate."""
LEAST = 1e-3
"""Smallest variance of a score, and smallest eigenvalue of the scores' correlations."""
EFFORT = Effort(0, 1, 8)


def fit_copula(
    fitted: Fitted, rows: Rows, *, seed: int = 0, batch_rows: int = 256, progress: RowProgress | None = None
) -> Copula | None:
    """Covariance of the scores on training rows with part of their cells hidden.

    Half of the cells are hidden at random, or a block in every second image.

    The covariance of a pair of cells is the mean over the rows that observe both, so missing cells cause no bias.

    Returns
    -------
    None for real-valued tables, few cells, large rows or fewer rows than cells.
    """
    size, count = fitted.schema.size, min(ROWS, len(rows))
    if fitted.guide is None or fitted.schema.is_standardised or not SMALLEST <= size <= LARGEST or count < size:
        return None
    index = torch.linspace(0, len(rows) - 1, count, dtype=torch.float32).round().long().clamp(max=len(rows) - 1)

    def answer(batch: Batch, start: int) -> Mapping[str, Tensor]:
        seen = Batch(batch.x, batch.observed & ~_hidden(batch.x, start, seed), batch.condition)
        low, high = shares_below(fitted, missing_posterior(fitted, seen, EFFORT, seed, start), batch.x)
        return {"score": soft_score(low, high), "there": batch.observed.flatten(1)}

    with torch.no_grad():
        sample = rows.take(index)
        found = in_chunks(
            answer, sample, batch_rows=batch_rows, device=fitted.device, progress=progress, what="residuals"
        )
    return Copula(pairwise_covariance(found["score"], found["there"]))


def pairwise_covariance(score: Tensor, there: Tensor) -> Tensor:
    """Positive definite covariance of scores with mean 0, for each pair of cells over the rows that observe both.

    Pairs with few rows are shrunk towards 0, and pairs without rows are 0. Pairwise estimates may not be positive
    definite, so eigenvalues of the correlations are raised to at least ``LEAST``, and the diagonal (each cell's mean
    square) is restored (Rousseeuw and Molenberghs, 1993).

    Parameters
    ----------
    score : (rows, cells); scores of unobserved cells are not read.
    there : (rows, cells), True for observed cells.

    Returns
    -------
    (cells, cells).
    """
    score, held = torch.where(there, score, 0.0).double(), there.double()
    rows = held.T @ held
    covariance = score.T @ score / rows.clamp(min=1)
    own = covariance.diagonal().clamp(min=LEAST)
    root = own.sqrt()
    correlation = covariance / (root[:, None] * root) * (rows / (rows + score.shape[1] / 8))
    correlation.diagonal().fill_(1.0)
    values, vectors = torch.linalg.eigh(correlation)
    if values[0] < LEAST:
        correlation = (vectors * values.clamp(min=LEAST)) @ vectors.T
        scale = correlation.diagonal().rsqrt()
        correlation = correlation * scale[:, None] * scale
    found = correlation * root[:, None] * root
    found.diagonal().copy_(own)
    return ((found + found.T) / 2).float()


def _hidden(x: Tensor, start: int, seed: int) -> Tensor:
    """Mask of the hidden cells, in the shape of x."""
    noise = RowNoise((seed, 31), start, device=x.device)
    scattered = noise.uniform(len(x), *x.shape[1:])[0] < 0.5
    if x.ndim != 4:
        return scattered
    second = (torch.arange(len(x), device=x.device) % 2 == 1).reshape(-1, 1, 1, 1)
    return torch.where(second, blocks(noise, x) < 0.5, scattered)
