"""Features of table rows: their names on an axis, their values in standard deviations, and the most variable ones."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def flat_rows(rows: Array) -> Array:
    """Rows as floats (n, features)."""
    rows = np.asarray(rows, dtype=float)
    return rows.reshape(len(rows), -1)


def short_names(count: int, names: Sequence[str] | None) -> list[str]:
    """Feature names, shortened for an axis; numbers without names."""
    if names is None:
        return [str(i + 1) for i in range(count)]
    return [n if len(n) <= 18 else n[:17] + "…" for n in map(str, names)]


def standardised_like(rows: Array, like: Array) -> Array:
    """Rows standardised by the mean and standard deviation of ``like`` for each feature."""
    like = flat_rows(like)
    spread = np.nanstd(like, axis=0)
    return np.asarray((flat_rows(rows) - np.nanmean(like, axis=0)) / np.where(spread > 0, spread, 1.0))


def most_spread(rows: Array, count: int) -> list[int]:
    """Indices, ascending, of the ``count`` features with the largest coefficient of variation."""
    spread = np.nan_to_num(np.nanstd(rows, axis=0)) / (np.nan_to_num(np.nanmean(np.abs(rows), axis=0)) + 1e-12)
    return sorted(np.argsort(-spread)[:count].tolist())
