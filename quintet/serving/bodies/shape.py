"""What the rows of a served model are, and the rows of one request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from quintet.data.row_layout import Grid
from quintet.data.schema import Schema
from quintet.data.sequences.series.description import SeriesDescription
from quintet.data.sequences.text.description import TextDescription

Array = np.ndarray[Any, Any]
Kind = Literal["array", "table", "series", "text"]
JSON, ARROW, PNG, BYTES = (
    "application/json",
    "application/vnd.apache.arrow.stream",
    "image/png",
    "application/octet-stream",
)
NO_ROWS = "A request must have at least one row, got none."


@dataclass(frozen=True)
class Shape:
    """The form of a model's rows."""

    kind: Kind
    schema: Schema

    @classmethod
    def of(cls, schema: Schema) -> Shape:
        """Of the schema of a model's file."""
        if isinstance(schema.sequence, SeriesDescription):
            return cls("series", schema)
        if isinstance(schema.sequence, TextDescription):
            return cls("text", schema)
        return cls("table" if schema.columns else "array", schema)

    @property
    def cells(self) -> int:
        """Cells of a row; 1 for a line of text and a step of a series, whose length is the request's own."""
        return self.schema.size if self.kind in ("array", "table") else 1

    @property
    def pixel_dtype(self) -> np.dtype[Any] | None:
        """The type of the pixels of a PNG that holds a row; None for rows that are no pictures of 8 or 16 bits."""
        schema = self.schema
        if self.kind != "array" or not isinstance(schema.layout, Grid):
            return None
        if len(schema.row_shape) == 3 and not schema.channels_last:
            return None
        if schema.grey_levels or schema.is_boolean:
            return np.dtype(np.uint8)
        return np.dtype(schema.dtype) if schema.dtype in ("uint8", "uint16") else None


@dataclass(frozen=True)
class Body:
    """The rows of a request.

    Parameters
    ----------
    rows : an array (n, *row_shape), an Arrow table, a list of lines, or the bytes of a compressed file.
    count : how many rows.
    mask : (n, *row_shape) of bool, True where a cell is missing; None: missing cells are NaN or null.
    condition : one for all rows, or a list of one for each; None: not given.
    """

    rows: Any
    count: int
    mask: Array | None = None
    condition: Any = None
