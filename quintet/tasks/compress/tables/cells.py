"""Cells of a frame for the coder: like ``Schema.encode``, but no value is a reason to refuse the frame."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from quintet.data.columns.any_column import AnyColumn
from quintet.data.columns.base import Values
from quintet.data.columns.frame import FrameColumn
from quintet.data.columns.frames import read_frame
from quintet.data.columns.table import encode_frame
from quintet.data.csv_text.csv_table import CsvTable
from quintet.data.schema import Schema
from quintet.errors import InputError, warn

Array = np.ndarray[Any, Any]


def cells_of_frame(schema: Schema, frame: Any) -> Array:
    """Rows of cells (n, size), NaN where missing and where a value has no cell, such as infinity."""
    found = read_frame(frame.table if isinstance(frame, CsvTable) else frame)
    by_order = found.container == "array" and len(found.columns) == len(schema.columns)
    names = {column.name: column for column in schema.columns}
    checked = tuple(
        _encodable(column, schema.columns[place] if by_order else names.get(column.name))
        for place, column in enumerate(found.columns)
    )
    return encode_frame(schema.columns, replace(found, columns=checked))


def _encodable(found: FrameColumn, column: AnyColumn | None) -> FrameColumn:
    """The column with values without a cell taken as missing."""
    if column is None or not column.modelled:
        return found
    values = found.values
    if values.array.dtype.kind == "f":
        values = Values(values.array, values.missing | ~np.isfinite(values.array))
    try:
        column.encode(values)
    except InputError as problem:
        warn(f"{str(problem).split(':')[0]}: the column is kept verbatim.")
        values = Values(np.zeros(len(values)), np.ones(len(values), dtype=bool))
    return replace(found, values=values)
