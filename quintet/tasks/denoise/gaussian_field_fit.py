"""Fit of the Gaussian field: means, spreads and correlation of cells, and the tails of prediction residuals."""

from __future__ import annotations

import torch
from torch import Tensor

from quintet.artifacts.denoising import GaussianField
from quintet.data.dataset import Rows
from quintet.data.schema import Schema
from quintet.tasks.denoise.gaussian_field import FEWEST, LARGEST, Field, radius_of, student_log_prob

ROWS, CELLS = 4000, 2**23
"""Most training rows, and most cells of all of them, in the fit."""
WINDOWS, WINDOW_CELLS = 200_000, 2**24
"""Most image windows, and most cells of all of them, in the fit."""
TAIL_ROWS = 256
"""Rows whose residuals the tails are fitted to."""
FREEDOMS = (2.0, 3.0, 5.0, 10.0, 40.0)
FACTORS = (0.35, 0.5, 0.7, 1.0, 1.4, 2.0)


def fit_gaussian_field(schema: Schema, rows: Rows) -> GaussianField | None:
    """Fit the field; None if there are too few rows, or too many cells in a joint covariance: tables of many columns,
    images of many channels."""
    radius = radius_of(schema.shape)
    together = schema.shape[0] * (2 * radius + 1) ** 2 if radius else schema.size
    if len(rows) < FEWEST or together > LARGEST:
        return None
    few = min(ROWS, len(rows), max(FEWEST, CELLS // schema.size))
    index = torch.linspace(0, len(rows) - 1, few, dtype=torch.float64).round().long()
    batch = rows.take(index).batch(slice(None))
    mean, spread, correlation = (_of_windows if radius else _of_rows)(batch.x, batch.observed, radius)
    tail = torch.tensor([[1.0, 0.0, 5.0]], dtype=torch.float32).repeat(len(mean), 1)
    field = Field(mean, spread, correlation, tail, schema.shape, float(schema.is_whole))
    tail_rows = slice(None, None, max(1, len(batch.x) // TAIL_ROWS))
    tail = _tails(field, batch.x[tail_rows], batch.observed[tail_rows])
    return GaussianField(mean, spread, correlation, tail)


def _of_windows(x: Tensor, there: Tensor, radius: int) -> tuple[Tensor, Tensor, Tensor]:
    """Of each channel mean and spread, and the correlation of the cells of a window, where all of them are there."""
    side, channels = 2 * radius + 1, x.shape[1]
    count = there.sum((0, 2, 3)).clamp(min=1)
    mean = torch.where(there, x, 0.0).double().sum((0, 2, 3)) / count
    centred = (x - mean.to(x).reshape(1, -1, 1, 1)).masked_fill(~there, torch.nan)
    windows = centred.unfold(2, side, 1).unfold(3, side, 1)  # (n, channels, down, along, side, side)
    n, _, down, along = windows.shape[:4]
    total = n * down * along
    few = min(WINDOWS, total, WINDOW_CELLS // (channels * side * side))
    chosen = torch.linspace(0, total - 1, few, dtype=torch.float64).round().long()
    row, place = chosen // (down * along), chosen % (down * along)
    complete = windows[row, :, place // along, place % along].reshape(len(chosen), channels * side * side)
    complete = complete[~complete.isnan().any(1)]
    covariance = torch.zeros(complete.shape[1], complete.shape[1], dtype=torch.float64)
    for part in torch.split(complete, 20_000):
        covariance += part.double().T @ part.double()
    variance = covariance.diagonal().reshape(channels, -1).mean(1) / max(len(complete), 1)
    size = variance.sqrt().clamp(min=1e-9).repeat_interleave(side * side)
    correlation = covariance / max(len(complete), 1) / (size[:, None] * size)
    return mean.float(), variance.sqrt().float(), correlation.float()


def _of_rows(x: Tensor, there: Tensor, _: int) -> tuple[Tensor, Tensor, Tensor]:
    """Mean and spread of each cell, and the correlation of all cells over pairwise observed rows, shrunk by Ledoit and
    Wolf's rule (2004)."""
    from sklearn.covariance import ledoit_wolf_shrinkage

    flat, seen = x.flatten(1).double(), there.flatten(1)
    mean = torch.where(seen, flat, 0.0).sum(0) / seen.sum(0).clamp(min=1)
    centred = torch.where(seen, flat - mean, 0.0)
    spread = (centred.square().sum(0) / seen.sum(0).clamp(min=1)).sqrt()
    score = centred / spread.clamp(min=1e-12)
    jointly = (seen.double().T @ seen.double()).clamp(min=1)
    correlation = score.T @ score / jointly
    shrunk = float(ledoit_wolf_shrinkage(score.numpy(), assume_centered=True)) if flat.shape[1] > 1 else 0.0
    values, vectors = torch.linalg.eigh((1 - shrunk) * correlation + shrunk * torch.eye(len(mean), dtype=torch.float64))
    sound = vectors * values.clamp(min=1e-6) @ vectors.T
    return mean.float(), spread.float(), sound.float()


def _tails(field: Field, x: Tensor, there: Tensor) -> Tensor:
    """Scale and degrees of freedom of the residuals per channel or cell, by maximum likelihood on a grid, (., 3)."""
    weight, left = field.kernel(0.0)
    residual = x - field.predicted(torch.where(there, x, field.like_cells(field.mean)), weight)
    if field.radius:
        activity = field.activity(residual, there.to(x.dtype))
        constant, slope = _line(_by_part(activity, field), _by_part(residual.abs(), field), _by_part(there, field))
    else:
        activity, constant, slope = torch.zeros_like(residual), left.sqrt(), torch.zeros_like(left)
    base = field.like_cells(constant) + field.like_cells(slope) * activity
    base = base.clamp(min=max(0.35 * field.step, 1e-6))
    grid = [(factor, freedom) for factor in FACTORS for freedom in FREEDOMS]
    scores = []
    for factor, freedom in grid:
        log_prob = student_log_prob(residual, factor * base, torch.tensor(freedom, dtype=x.dtype))
        scores.append(_by_part(torch.where(there, log_prob, 0.0), field).double().sum(0))
    best = torch.tensor(grid, dtype=torch.float32)[torch.stack(scores).argmax(0)]
    if not field.radius:
        constant = torch.ones_like(constant)  # the spread is in the variance of the prediction
    return torch.stack([best[:, 0] * constant, best[:, 0] * slope, best[:, 1]], 1).float()


def _by_part(cells: Tensor, field: Field) -> Tensor:
    """Reshape (n, *row) to (values, channels) or (n, cells)."""
    return cells.movedim(1, -1).flatten(0, -2) if field.radius else cells.flatten(1)


def _line(x: Tensor, y: Tensor, there: Tensor) -> tuple[Tensor, Tensor]:
    """Non-negative intercept and slope of the least squares line of y in x, per column over observed cells."""
    share = there.double() / there.sum(0).clamp(min=1)
    mean_x, mean_y = (share * x).sum(0), (share * y).sum(0)
    slope = (share * (x - mean_x) * (y - mean_y)).sum(0) / (share * (x - mean_x).square()).sum(0).clamp(min=1e-12)
    slope = torch.minimum(slope.clamp(min=0.0), mean_y / mean_x.clamp(min=1e-12))
    return (mean_y - slope * mean_x).clamp(min=0.0).float(), slope.float()
