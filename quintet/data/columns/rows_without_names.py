"""Rows of mixed values without names: object arrays and lists of rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from quintet.data.columns.base import Values
from quintet.data.columns.frame import Frame, FrameColumn
from quintet.data.columns.objects import object_column
from quintet.errors import InputError


def holds_text(X: Any) -> bool:
    """Whether rows (n, columns) without names hold text beside numbers, or are records."""
    if isinstance(X, np.ndarray):
        return X.ndim == 2 and X.dtype.kind in "OU" and any(isinstance(cell, str) for cell in X.ravel()[:10_000])
    if not isinstance(X, list | tuple) or not X or not isinstance(X[0], list | tuple | dict):
        return False
    return isinstance(X[0], dict) or any(isinstance(cell, str) for row in X[:1000] for cell in row)


def read_rows(X: Any) -> Frame:
    """Rows (n, columns) of mixed values; the columns are called x0, x1, ..."""
    _check_rows(X)
    if isinstance(X, np.ndarray) and X.dtype.kind in "biuf":
        found = tuple(_array_column(X[:, j], f"x{j}") for j in range(X.shape[1]))
        return Frame(found, "array", len(X))
    widths = {len(row) for row in X}
    if len(widths) > 1:
        raise InputError("Rows must all have the same number of cells, got different lengths.")
    columns = [[row[j] for row in X] for j in range(widths.pop() if widths else 0)]
    plain = ([cell.item() if isinstance(cell, np.generic) else cell for cell in cells] for cells in columns)
    found = tuple(object_column(f"x{j}", cells) for j, cells in enumerate(plain))
    return Frame(found, "array", len(X))


def _check_rows(X: Any) -> None:
    """Refuse what is neither a frame nor rows (n, columns)."""
    if hasattr(X, "shape"):
        if len(X.shape) == 2:
            return
        cure = ": X.to_frame() makes a frame of a column, X.to_frame().T of a row" if hasattr(X, "to_frame") else ""
        got = f"{type(X).__name__} of shape {tuple(X.shape)}{cure}"
        raise InputError(f"The rows of a table must be a data frame or have two axes, (n, columns), got a {got}.")
    rows = X if isinstance(X, list | tuple) else [X]
    strange = next((row for row in rows if not isinstance(row, list | tuple | np.ndarray)), None)
    if strange is not None:
        got = f"{type(X).__name__} of {type(strange).__name__}" if rows is X else type(X).__name__
        raise InputError(f"The rows of a table must be a data frame or a list of rows, got a {got}: make a data frame.")


def _array_column(cells: Any, name: str) -> FrameColumn:
    gone = np.isnan(cells) if cells.dtype.kind == "f" else np.zeros(len(cells), dtype=bool)
    return FrameColumn(name, str(cells.dtype), Values(cells, gone))
