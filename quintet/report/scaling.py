"""Rows scaled by the unit of their cells, for errors and distances."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def feature_spread(rows: Array) -> Array:
    """The standard deviation of each feature, (cells,); 1 for a constant one."""
    spread = np.nanstd(np.asarray(rows, dtype=float).reshape(len(rows), -1), axis=0)
    return np.where(spread > 0, spread, 1.0)


def mean_squared_error(rows: Array, answer: Array, unit: Array) -> Array:
    """Mean squared error of each row, (n,), in units of ``unit`` squared."""
    gap = (np.asarray(answer, dtype=float) - np.asarray(rows, dtype=float)).reshape(len(rows), -1)
    return np.asarray(np.nanmean((gap / unit) ** 2, axis=1))


def scaled_vectors(rows: Array, known: Array, unit: Array) -> Array:
    """Rows as vectors (n, cells) in units of ``unit``; missing cells hold the cell's mean over ``known``."""
    from sklearn.impute import SimpleImputer

    vectors = rows.reshape(len(rows), -1).astype(float) / unit
    if not np.isnan(vectors).any():
        return np.asarray(vectors)
    complete = known.reshape(len(known), -1).astype(float) / unit
    return np.asarray(SimpleImputer(keep_empty_features=True).fit(complete).transform(vectors))
