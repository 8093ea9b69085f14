"""Check that an array holds rows of numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from quintet.errors import InputError

Array = np.ndarray[Any, Any]


def check_rows(array: Array) -> None:
    """Raise an error for an array without rows, without cells, or with cells that are not numbers."""
    if array.ndim == 0 or array.ndim == 1:
        raise InputError(
            f"Expected 2D array, got {array.ndim}D array of shape {array.shape} instead: rows are (n, features) or "
            "(n, height, width[, channels]). Reshape your data: X.reshape(-1, 1) for one feature, "
            "X.reshape(1, -1) for one row."
        )
    if array.ndim > 4:
        raise InputError(f"Rows must have one to three axes, got an array of {array.ndim} axes: reshape each row.")
    if len(array) == 0:
        raise InputError(f"Found array with 0 sample(s) (shape={array.shape}) while a minimum of 1 is required.")
    if math.prod(array.shape[1:]) == 0:
        raise InputError(f"Found array with 0 feature(s) (shape={array.shape}) while a minimum of 1 is required.")
    if array.dtype.kind not in "biuf":
        raise InputError(f"Cells must be numbers or True/False, got {array.dtype}.")
