"""Floats as integers in the same order: their bit patterns, read as sign and magnitude."""

from __future__ import annotations

import numpy as np


def to_pattern(values: np.ndarray) -> np.ndarray:
    """Floats -> int64 in the same order; -0.0 becomes -1, just below 0.0."""
    signed = values.view(f"i{values.dtype.itemsize}").astype(np.int64)
    return np.where(signed >= 0, signed, -(signed & _magnitude(values.dtype)) - 1)


def from_pattern(ordinal: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """The inverse of ``to_pattern``."""
    magnitude = _magnitude(dtype)
    signed = np.where(ordinal >= 0, ordinal, -(ordinal + 1) | ~magnitude)
    return signed.astype(f"i{dtype.itemsize}").view(dtype)


def _magnitude(dtype: np.dtype) -> np.int64:
    return np.int64((1 << (8 * dtype.itemsize - 1)) - 1)


def bits_of(values: np.ndarray) -> np.ndarray:
    """The bits of numbers of any dtype, for comparison."""
    values = np.ascontiguousarray(values)
    return values.view(f"u{values.dtype.itemsize}")
