"""Rows without names of columns: arrays and lists of rows (n, columns)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from quintet.data.plain.base import Array, Json, Library, PlainColumn, PlainFrame, from_numbers
from quintet.data.plain.objects import from_objects, object_array, to_objects


class RowsOfCells(Library):
    """Arrays (n, columns) of any dtype, and lists of rows."""

    name = "array"

    def rows(self, frame: Any) -> int:
        """Number of rows."""
        return len(frame)

    def take(self, frame: Any, rows: slice | Array) -> Any:
        """Some rows."""
        if isinstance(frame, np.ndarray) or isinstance(rows, slice):
            return frame[rows]
        return [frame[place] for place in np.arange(len(frame))[rows]]

    def concatenated(self, frames: Sequence[Any]) -> Any:
        """Rows with the same columns, one below the other."""
        if isinstance(frames[0], np.ndarray):
            return frames[0] if len(frames) == 1 else np.concatenate(frames)
        return [row for frame in frames for row in frame]

    def types(self, frame: Any) -> Json:
        """Type of the cells and number of columns."""
        return (_kind(frame), len(frame[0]) if len(frame) else 0)

    def to_plain(self, frame: Any) -> PlainFrame:
        """The rows as plain columns."""
        kind = _kind(frame)
        if isinstance(frame, np.ndarray) and frame.dtype.kind in "biuf":
            columns = [from_numbers(f"x{j}", np.ascontiguousarray(frame[:, j])) for j in range(frame.shape[1])]
        else:
            cells = frame.tolist() if isinstance(frame, np.ndarray) else frame
            columns = [
                from_objects(f"x{j}", [row[j] for row in cells]) for j in range(len(frame[0]) if len(frame) else 0)
            ]
        return PlainFrame(self.name, len(frame), tuple(columns), (), kind)

    def from_plain(self, plain: PlainFrame) -> Any:
        """The inverse of ``to_plain``."""
        if plain.more in ("list", "tuple"):
            columns = [to_objects(column) for column in plain.columns]
            rows = zip(*columns, strict=True)
            return [list(row) for row in rows] if plain.more == "list" else list(rows)
        dtype = np.dtype(plain.more)
        out = np.empty((plain.rows, len(plain.columns)), dtype=dtype)
        for place, column in enumerate(plain.columns):
            out[:, place] = _cells(column, dtype)
        return out


def _cells(column: PlainColumn, dtype: np.dtype[Any]) -> Array:
    if dtype.kind in "OU":
        return object_array(to_objects(column))
    gone = column.codes != 0
    return np.where(gone, dtype.type(np.nan), column.array) if gone.any() else column.array


def _kind(frame: Any) -> str:
    if isinstance(frame, np.ndarray):
        return str(frame.dtype.str)
    return "tuple" if len(frame) and isinstance(frame[0], tuple) else "list"
