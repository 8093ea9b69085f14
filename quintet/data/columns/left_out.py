"""Columns that the model leaves out; compressed files keep them verbatim."""

from __future__ import annotations

from typing import Literal

import numpy as np

from quintet.data.columns.base import Array, Column

REASONS = {
    "identifier": "nearly every row has a value of its own",
    "text": "free text",
    "empty": "no value in training",
    "dropped": "left out by the user",
}


class LeftOut(Column):
    """A column without a cell; its decoded values are missing."""

    type: Literal["left_out"] = "left_out"
    reason: Literal["identifier", "text", "empty", "dropped"]

    @property
    def modelled(self) -> bool:
        """False."""
        return False

    def decode(self, cells: Array) -> Array:
        """Missing values, as many as there are cells."""
        if self.dtype.startswith(("datetime64", "timedelta64")) and self.date_format is None:
            return np.full(len(cells), "NaT", dtype=self.dtype)
        if self.dtype.startswith(("int", "uint", "float")) and self.decimal is None:
            return np.full(len(cells), np.nan, dtype=self.dtype if self.dtype.startswith("float") else "float64")
        return np.full(len(cells), None, dtype=object)

    def describe(self) -> str:
        """Why it is left out."""
        return f"left out: {REASONS[self.reason]}"


def is_empty(cells: Array) -> bool:
    """Whether all values (n,) are missing: None, NaN or NaT."""
    if cells.dtype.kind == "O":
        return all(cell is None for cell in cells)
    return cells.dtype.kind in "fmM" and bool((cells != cells).all())
