"""Cells -> the values that encode to them: the inverse of ``Column.encode``, for values outside the support, too."""

from __future__ import annotations

import numpy as np

from quintet.data.columns.any_column import AnyColumn
from quintet.data.columns.base import EXACT, Array
from quintet.data.columns.levels import CategoricalColumn, Constant, level_array
from quintet.data.columns.numbers import Continuous, Integer
from quintet.data.columns.times import Ticks


def restored(column: AnyColumn, cells: Array) -> Array:
    """The values (n,) of cells without NaN; ``Column.decode`` gives legal values instead.

    Returns
    -------
    Array
        Levels as an object array (None for ``OTHER``), times as datetime64 or timedelta64, numbers as float64 or int64.
    """
    if isinstance(column, Constant) and column.dtype.startswith(("datetime64", "timedelta64")):
        return np.repeat(level_array(column.levels, column.dtype), len(cells))
    if isinstance(column, CategoricalColumn):
        levels: Array = np.empty(len(column.levels) + 1, dtype=object)
        levels[:-1] = column.levels
        code = np.rint(cells).astype(np.int64)
        return levels[np.where((code < 0) | (code > len(column.levels)), len(column.levels), code)]
    if isinstance(column, Ticks):
        return _ticks(cells, column.support.step or 1, column.support.offset).view(np.dtype(column.dtype))
    if isinstance(column, Integer):
        return _whole(cells, column.support.offset)
    return np.asarray(cells, dtype=np.float64)


def is_restorable(column: AnyColumn) -> bool:
    """Whether ``restored`` knows the type of a column."""
    return isinstance(column, CategoricalColumn | Ticks | Integer | Continuous)


def _ticks(cells: Array, step: int, offset: int) -> Array:
    """Cells times the step plus the offset, in whole numbers that wrap around."""
    whole = np.abs(cells) * step < 2.0**62
    steps = np.rint(np.where(whole, cells, 0.0))
    rest = np.where(whole, cells - steps, 0.0)
    ticks = steps.astype(np.int64) * np.int64(step) + np.rint(rest * step).astype(np.int64)
    with np.errstate(over="ignore"):
        return np.asarray(ticks + np.int64(offset))


def _whole(cells: Array, offset: int) -> Array:
    """Cells plus the offset: floats for an offset of 0, else whole numbers that wrap around."""
    if offset == 0:
        return np.asarray(cells, dtype=np.float64)
    near = np.where(np.abs(cells) <= EXACT, cells, 0.0)
    if (near != np.rint(near)).any():
        return np.asarray(cells + float(offset))
    with np.errstate(over="ignore"):
        return near.astype(np.int64) + np.array(offset % 2**64, dtype=np.uint64).view(np.int64)
