"""The covariance of the residuals' normal scores, fitted after training: what ``forecast`` ties neighbours with."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from quintet.data.rows import Batch, Rows
from quintet.model.fitted import Fitted
from quintet.model.spoil import blocks
from quintet.noise import RowNoise
from quintet.tasks.chunks import Progress, in_chunks
from quintet.tasks.forecast import NAME, forecast, soft_score
from quintet.tasks.impute import missing_posterior
from quintet.tasks.particles import Effort

SMALLEST, LARGEST = 16, 1024
"""Cells of a row that a full covariance is kept for."""
ROWS = 4000
"""Training rows that it is estimated on."""
THOUGHT = Effort(0, 1, 8)


def fit_residual(
    fitted: Fitted, rows: Rows, *, seed: int = 0, batch_rows: int = 256, progress: Progress | None = None
) -> dict[str, Tensor]:
    """The scores' covariance from training rows with part of their cells hidden, for `fitted.reference`.

    Cells are hidden as in the questions: half of them at random, or, in every second row of images, a block.

    Returns
    -------
    {"residual.covariance": (cells, cells)}; nothing for real-valued tables, few cells, large rows or fewer rows than
    cells.
    """
    size, count = fitted.schema.size, min(ROWS, len(rows))
    if fitted.guide is None or fitted.schema.kind == "real" or not SMALLEST <= size <= LARGEST or count < size:
        return {}
    index = torch.linspace(0, len(rows) - 1, count, dtype=torch.float32).round().long()

    def answer(batch: Batch, start: int) -> Mapping[str, Tensor]:
        seen = Batch(batch.x, batch.observed & ~_hidden(batch.x, start, seed), batch.condition)
        found = forecast(fitted, missing_posterior(fitted, seen, THOUGHT, seed, start), batch.x)
        return {"score": soft_score(found.low, found.high) * batch.observed.flatten(1)}

    with torch.no_grad():
        sample = rows.take(index)
        score = in_chunks(
            answer, sample, batch_rows=batch_rows, device=fitted.device, progress=progress, what="residuals"
        )["score"]
    covariance = score.T @ score / count
    shrunk = covariance * (count / (count + size / 8))  # few rows make neighbours of strangers
    shrunk.diagonal().copy_(covariance.diagonal())
    return {NAME: shrunk}


def _hidden(x: Tensor, start: int, seed: int) -> Tensor:
    """True where a cell is hidden, x's shape."""
    noise = RowNoise((seed, 31), start, device=x.device)
    scattered = noise.uniform(len(x), *x.shape[1:])[0] < 0.5
    if x.ndim != 4:
        return scattered
    second = (torch.arange(len(x), device=x.device) % 2 == 1).reshape(-1, 1, 1, 1)
    return torch.where(second, blocks(noise, x) < 0.5, scattered)
