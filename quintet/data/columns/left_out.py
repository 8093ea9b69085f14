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
        if self.dtype.startswith(("int", "uint")):
            return np.full(len(cells), np.nan)
        if self.dtype.startswith(("float", "datetime64")):
            return np.full(len(cells), "NaT" if self.dtype.startswith("d") else "nan").astype(self.dtype)
        return np.full(len(cells), None, dtype=object)

    def describe(self) -> str:
        """Why it is left out."""
        return f"left out: {REASONS[self.reason]}"
