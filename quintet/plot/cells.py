"""The user's rows and masks as arrays of cells, which figures draw."""

from __future__ import annotations

from typing import Any

import numpy as np

from quintet.data.columns.frames import column_names
from quintet.data.row_shape import as_rows
from quintet.data.schema import Array, Schema
from quintet.estimators._input.user_rows import mask_of_cells


def cells_of(schema: Schema, rows: Any, most: int | None = None) -> Array:
    """The first rows as cells, (n, *row_shape); of a table numbers and codes of levels, (n, modelled columns)."""
    cells = schema.encode(rows) if schema.columns else as_rows(rows, schema)[0]
    return np.asarray(cells[:most])


def first_rows(rows: Any, most: int) -> Any:
    """The first rows in the user's container."""
    if hasattr(rows, "iloc"):
        return rows.iloc[:most]
    return rows[:most]


def hidden_cells(schema: Schema, rows: Any, count: int, mask: Any, seed: int) -> Array:
    """Which cells of the first rows are hidden, (count, *row_shape).

    Parameters
    ----------
    mask : as in ``impute``; None: half of the pixels or cells, drawn at random.
    """
    if mask is None:
        return _at_random(schema, count, seed)
    if schema.columns:
        wide = np.broadcast_to(mask_of_cells(mask, schema, rows), (len(rows), *schema.row_shape))
        return wide[:count]
    cells, present = as_rows(rows, schema, mask)
    return (np.zeros(cells.shape, dtype=bool) if present is None else ~present)[:count]


def as_mask_of(schema: Schema, rows: Any, hidden: Array) -> Array:
    """Hidden cells as a mask of the rows, (n, columns) of a table: its columns that are left out have no cells."""
    if not schema.columns:
        return hidden
    names = column_names(rows) or [column.name for column in schema.columns]
    cells = {column.name: hidden[:, place] for place, column in enumerate(schema.modelled)}
    none = np.zeros(len(hidden), dtype=bool)
    return np.stack([cells.get(name, none) for name in names], 1)


def _at_random(schema: Schema, count: int, seed: int) -> Array:
    """Masks (count, *row_shape), True at half of the pixels or cells."""
    shape = (count, *schema.row_shape)
    if not schema.is_image or len(shape) < 4:
        return np.random.default_rng(seed).random(shape) < 0.5
    axis = 3 if schema.channels_last else 1
    pixels = np.random.default_rng(seed).random(tuple(np.delete(shape, axis))) < 0.5
    return np.broadcast_to(np.expand_dims(pixels, axis), shape)
