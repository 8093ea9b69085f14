"""The Gaussian field of the training rows: covariance of cells, and how far predictions go wrong."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.distributions import StudentT

from quintet.data.rows import Rows
from quintet.data.schema import Schema
from quintet.tasks.denoising.field import CORRELATION, FEWEST, LARGEST, MEAN, SPREAD, TAIL, Field, radius_of

ROWS = 4000
"""Training rows that it is estimated on."""
WINDOWS = 200_000
"""Windows of images, at most."""
JUDGED = 256
"""Rows whose residuals are judged."""
FREEDOMS = (2.0, 3.0, 5.0, 10.0, 40.0)
FACTORS = (0.35, 0.5, 0.7, 1.0, 1.4, 2.0)


def fit_field(schema: Schema, rows: Rows) -> dict[str, Tensor]:
    """Mean, covariance and tails for ``Fitted.reference``; nothing for few rows and for tables of many columns."""
    radius = radius_of(schema.shape)
    if len(rows) < FEWEST or (not radius and schema.size > LARGEST):
        return {}
    index = torch.linspace(0, len(rows) - 1, min(ROWS, len(rows))).round().long()
    batch = rows.take(index).batch(slice(None))
    mean, spread, correlation = (_of_windows if radius else _of_rows)(batch.x, batch.observed, radius)
    tail = torch.tensor([[1.0, 0.0, 5.0]]).repeat(len(mean), 1)
    field = Field(mean, spread, correlation, tail, schema.shape, float(schema.is_whole))
    few = slice(None, None, max(1, len(batch.x) // JUDGED))
    tail = _tails(field, batch.x[few], batch.observed[few])
    return {MEAN: mean, SPREAD: spread, CORRELATION: correlation, TAIL: tail}


def _of_windows(x: Tensor, there: Tensor, radius: int) -> tuple[Tensor, Tensor, Tensor]:
    """Of each channel mean and spread, and the correlation of the cells of a window, where all of them are there."""
    side, channels = 2 * radius + 1, x.shape[1]
    count = there.sum((0, 2, 3)).clamp(min=1)
    mean = torch.where(there, x, 0.0).double().sum((0, 2, 3)) / count
    centred = (x - mean.to(x).reshape(1, -1, 1, 1)).masked_fill(~there, torch.nan)
    windows = centred.unfold(2, side, 1).unfold(3, side, 1)  # (n, channels, down, along, side, side)
    n, _, down, along = windows.shape[:4]
    total = n * down * along
    chosen = torch.linspace(0, total - 1, min(WINDOWS, total), dtype=torch.float64).round().long()
    row, place = chosen // (down * along), chosen % (down * along)
    taken = windows[row, :, place // along, place % along].reshape(len(chosen), channels * side * side)
    taken = taken[~taken.isnan().any(1)]
    covariance = torch.zeros(taken.shape[1], taken.shape[1], dtype=torch.float64)
    for part in taken.split(20_000):
        covariance += part.double().T @ part.double()
    variance = covariance.diagonal().reshape(channels, -1).mean(1) / max(len(taken), 1)
    size = variance.sqrt().clamp(min=1e-9).repeat_interleave(side * side)
    correlation = covariance / max(len(taken), 1) / (size[:, None] * size)
    return mean.float(), variance.sqrt().float(), correlation.float()


def _of_rows(x: Tensor, there: Tensor, _: int) -> tuple[Tensor, Tensor, Tensor]:
    """Mean and spread of each cell and the correlation of all, holes filled by the mean, shrunk as Ledoit and Wolf (2004) do."""
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
    """Scale and degrees of freedom of each channel's (or cell's) residuals, by maximum likelihood over a grid."""
    weight, left = field.kernel(0.0)
    residual = x - field.predicted(torch.where(there, x, field.like_cells(field.mean)), weight)
    activity = field.activity(residual, there.to(x.dtype))
    tail = []
    for part in range(len(field.mean)):
        at = (slice(None), part) if field.radius else (slice(None), *_place(field.shape, part))
        size, near = residual[at][there[at]].double(), activity[at][there[at]].double()
        if not len(size):
            tail.append((1.0, 0.0, 5.0))
            continue
        if field.radius:
            constant, slope = _line(near, size.abs())
            base = constant + slope * near
        else:
            constant, slope = 1.0, 0.0
            base = torch.full_like(size, float(left[part].sqrt()))
        base = base.clamp(min=max(0.35 * field.step, 1e-6))
        scores = {
            (factor, freedom): float(StudentT(freedom, 0.0, factor * base, validate_args=False).log_prob(size).sum())
            for factor in FACTORS
            for freedom in FREEDOMS
        }
        factor, freedom = max(scores, key=lambda pair: scores[pair])
        tail.append((factor * constant, factor * slope, freedom))
    return torch.tensor(tail, dtype=torch.float32)


def _line(x: Tensor, y: Tensor) -> tuple[float, float]:
    """Constant and slope of the least squares line of y in x, neither below 0."""
    spread = (x - x.mean()).square().mean()
    slope = float(((x - x.mean()) * (y - y.mean())).mean() / spread.clamp(min=1e-12))
    slope = min(max(slope, 0.0), float(y.mean() / x.mean().clamp(min=1e-12)))
    return max(float(y.mean()) - slope * float(x.mean()), 0.0), slope


def _place(shape: tuple[int, ...], number: int) -> tuple[int, ...]:
    place: list[int] = []
    for length in reversed(shape):
        number, at = divmod(number, length)
        place.insert(0, at)
    return tuple(place)
