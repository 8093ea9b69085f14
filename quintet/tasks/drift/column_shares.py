"""The distribution of each column over the training rows, measured after training and kept in the file."""

from __future__ import annotations

import numpy as np
import torch

from quintet.artifacts.column_shares import ColumnShares
from quintet.data.columns.base import Array
from quintet.data.dataset import Rows
from quintet.data.schema import Schema

POINTS = 64
"""Most points of the distribution of a column of numbers; columns of levels have one for each code."""
ROWS = 200_000
"""Most training rows that are measured, evenly spaced."""


def fit_column_shares(schema: Schema, rows: Rows) -> ColumnShares | None:
    """Measure the training rows; None for images and series, whose cells are no columns.

    Rows are weighted. The effective number of rows is Kish's, (Σw)² / Σw².
    """
    if schema.is_image or schema.sequential:
        return None
    if len(rows) > ROWS:
        rows = rows.take(torch.linspace(0, len(rows) - 1, ROWS, dtype=torch.float64).round().long())
    rows = rows.in_memory()
    weight = np.ones(len(rows)) if rows.weight is None else rows.weight.double().numpy()
    parts: dict[str, list[Array | float]] = {"observed": [], "missing": [], "mean": [], "spread": []}
    cells, values, shares = [], [], []
    for i, column in enumerate(schema.cell_columns):
        there = np.ones(len(rows), dtype=bool) if rows.observed is None else rows.observed[:, i].numpy()
        x, w = rows.values[there][:, i].float().numpy(), weight[there]
        points, below = _points(x, w, column.codes)
        mean = float(np.average(x, weights=w)) if len(x) else 0.0
        parts["observed"].append(effective(w))
        parts["missing"].append(max(0.0, 1 - w.sum() / weight.sum()))
        parts["mean"].append(mean)
        parts["spread"].append(float(np.average((x - mean) ** 2, weights=w)) ** 0.5 if len(x) else 0.0)
        cells.append(np.full(len(points), i))
        values.append(points)
        shares.append(below)
    return ColumnShares(
        rows=_single([effective(weight)]),
        **{name: _single(found) for name, found in parts.items()},
        cell=torch.from_numpy(np.concatenate(cells).astype(np.int32)),
        value=_single(np.concatenate(values)),
        share=_single(np.concatenate(shares)),
    )


def effective(weight: Array) -> float:
    """The number of rows of equal weight that weighted rows (n,) are worth."""
    return float(weight.sum() ** 2 / np.square(weight).sum()) if len(weight) else 0.0


def _points(x: Array, weight: Array, codes: int) -> tuple[Array, Array]:
    """Values of a column in ascending order, and the share of its cells up to each."""
    if not len(x):
        return np.zeros(1), np.zeros(1)
    order = np.argsort(x, kind="stable")
    below = np.cumsum(weight[order]) / weight.sum()
    if codes:
        points: Array = np.arange(codes, dtype=np.float64)
    else:
        points = np.unique(x[order][np.searchsorted(below, np.linspace(0, 1, POINTS)).clip(max=len(x) - 1)])
    place = np.searchsorted(x[order], points, side="right")
    return points, np.where(place > 0, below[(place - 1).clip(min=0)], 0.0).clip(max=1)


def _single(found: object) -> torch.Tensor:
    return torch.from_numpy(np.asarray(found, dtype=np.float32))
