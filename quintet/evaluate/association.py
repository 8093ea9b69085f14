"""Strength of association of every pair of columns, without the share that chance adds in few rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

Cells = npt.NDArray[np.float64]


def associations(rows: Cells, codes: Sequence[int]) -> Cells:
    """Association of each pair of cells over the rows that have both, (cells, cells); 1 on the diagonal.

    Two numbers: Spearman's rank correlation, −1..1. Two levels: Cramér's V, 0..1, with Bergsma's correction ("A
    bias-correction for Cramér's V", 2013). A number and a level: the root of ε², the share of the variance of the
    number's ranks that the levels explain (Kelley, "An unbiased correlation ratio measure", 1935), 0..1. A cell that is
    constant, or two that no row has both, have 0.

    Parameters
    ----------
    rows : (n, cells); NaN is missing.
    codes : number of codes of each cell, 0 of numbers.
    """
    out = np.eye(len(codes))
    numbers = np.flatnonzero(np.asarray(codes) == 0)
    ranks = rankdata(rows[:, numbers], axis=0, nan_policy="omit") if len(numbers) else rows[:, numbers]
    out[np.ix_(numbers, numbers)] = _correlations(ranks)
    rank_of = dict(zip(numbers.tolist(), ranks.T, strict=True))
    for i, width in enumerate(codes):
        for j, other in enumerate(codes[:i]):
            if width and other:
                out[i, j] = _cramer(rows[:, i], rows[:, j])
            elif width or other:
                number, level = (j, i) if width else (i, j)
                out[i, j] = _explained(rank_of[number], rows[:, level])
            out[j, i] = out[i, j]
    return out


def _correlations(values: Cells) -> Cells:
    """Correlation of each pair of columns over the rows that have both, (columns, columns)."""
    there = (~np.isnan(values)).astype(np.float64)
    filled = np.where(there > 0, values, 0.0)
    count = np.maximum(there.T @ there, 1)
    mean = (filled.T @ there) / count  # of the row's column, where the other one is there
    square = (filled**2).T @ there / count
    spread = np.sqrt(np.maximum(square - mean**2, 0))
    scale = spread * spread.T
    found = np.divide(filled.T @ filled / count - mean * mean.T, scale, out=np.zeros_like(scale), where=scale > 1e-12)
    np.fill_diagonal(found, 1.0)
    return np.asarray(np.clip(found, -1, 1))


def _cramer(one: Cells, other: Cells) -> float:
    """Bergsma's Cramér's V of two columns of codes."""
    there = ~np.isnan(one) & ~np.isnan(other)
    a, b = (np.unique(column[there], return_inverse=True)[1] for column in (one, other))
    n = len(a)
    if n < 2 or not a.any() or not b.any():
        return 0.0
    rows, columns = int(a.max()) + 1, int(b.max()) + 1
    pair, count = np.unique(a * columns + b, return_counts=True)  # memory grows with the rows, not with the levels
    expected = np.bincount(a)[pair // columns] * np.bincount(b)[pair % columns]
    share = float((count**2 / expected).sum()) - 1 - (rows - 1) * (columns - 1) / (n - 1)
    most = min(rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)) - 1
    return float(np.clip(np.sqrt(max(share, 0.0) / most), 0, 1)) if most > 0 else 0.0


def _explained(number: Cells, level: Cells) -> float:
    """Root of ε² of a column of numbers by a column of codes."""
    there = ~np.isnan(number) & ~np.isnan(level)
    values, code = number[there], np.unique(level[there], return_inverse=True)[1]
    n, groups = len(values), int(code.max()) + 1 if len(code) else 0
    total = float(((values - values.mean()) ** 2).sum()) if n else 0.0
    if groups < 2 or n <= groups or total <= 0:
        return 0.0
    count = np.bincount(code)
    means = np.bincount(code, weights=values) / count
    within = float(((values - means[code]) ** 2).sum())
    share = (total - within - (groups - 1) * within / (n - groups)) / total
    return float(np.sqrt(np.clip(share, 0, 1)))
