"""Marginal moments and level frequencies of each cell over the training rows."""

from __future__ import annotations

import torch
from torch import Tensor

from quintet.data.dataset import Rows
from quintet.networks import Marginals

CHUNK = 2**22
"""Cells that are converted to float64 at a time."""
LARGEST = 2**22
"""Largest table of level frequencies per cell; beyond it, one table pools all cells."""


def marginals(rows: Rows) -> Marginals:
    """Weighted count, mean, variance and share of zeros of each cell where it is observed.

    Chunks are merged by the formulas of Chan, Golub and LeVeque (1979), which stay accurate when the mean is much
    larger than the standard deviation.
    """
    rows = rows.drawn_once()
    size = max(1, CHUNK // max(1, rows.values[0].numel()))
    shape = rows.values.shape[1:]
    count, mean, squares, zeros = (torch.zeros(shape, dtype=torch.float64) for _ in range(4))
    for start in range(0, len(rows), size):
        x, weight = _part(rows, slice(start, start + size))
        n = weight.sum(0)
        share = weight / n.clamp(min=1e-300)
        here = (share * x).sum(0)
        both = (count + n).clamp(min=1e-300)
        apart = here - mean
        squares += (weight * (x - here).square()).sum(0) + apart.square() * count * n / both
        mean += apart * n / both
        zeros += (weight * (x == 0)).sum(0)
        count += n
    least = count.clamp(min=1e-300)
    return Marginals(count, mean, squares / least, zeros / least, lambda levels: _shares(rows, levels, count))


def _part(rows: Rows, index: slice) -> tuple[Tensor, Tensor]:
    """Cells, 0 where not observed, and the weight of each, (n, *row) in float64."""
    batch = rows.batch(index)
    weight = batch.observed.double()
    if (
        batch.weight is not None and rows.weight is not None
    ):  # relative to the mean weight, so that counts are numbers of rows
        weight = weight / rows.weight.double().mean() * batch.weight.double().reshape(-1, *[1] * (weight.ndim - 1))
    return torch.where(batch.observed, batch.x, 0.0).double(), weight


def _shares(rows: Rows, levels: int, count: Tensor) -> Tensor:
    """Frequency of each level, (levels, *row); large rows pool all cells."""
    apart = levels * count.numel() <= LARGEST
    cells = count.numel() if apart else 1
    found = torch.zeros(levels * cells, dtype=torch.float64)
    place = torch.arange(cells) if apart else torch.zeros(count.numel(), dtype=torch.long)
    size = max(1, CHUNK // count.numel())
    for start in range(0, len(rows), size):
        x, weight = _part(rows, slice(start, start + size))
        level = x.flatten(1).long().clamp(0, levels - 1)
        found.index_add_(0, (level * cells + place).flatten(), weight.flatten())
    table = found.reshape(levels, cells)
    table = (table / table.sum(0).clamp(min=1e-300)).expand(levels, count.numel())
    return table.reshape(levels, *count.shape)
