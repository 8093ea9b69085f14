"""The user's rows as arrays of cells, which figures draw."""

from __future__ import annotations

from typing import Any

import numpy as np

from quintet.data.readers.frames import to_numpy
from quintet.data.schema import Array, Schema


def cells_of(schema: Schema, rows: Any, most: int | None = None) -> Array:
    """The first rows as cells, (n, *row_shape); of a table numbers and codes of levels, (n, modelled columns)."""
    cells = schema.encode(rows) if schema.columns else to_numpy(rows)[0]
    return np.asarray(cells[:most])


def first_rows(rows: Any, most: int) -> Any:
    """The first rows in the user's container."""
    if hasattr(rows, "iloc"):
        return rows.iloc[:most]
    return rows[:most]


def hidden_cells(schema: Schema, count: int, seed: int) -> Array:
    """Masks (count, *row_shape), True at half of the pixels or cells, drawn at random."""
    shape = (count, *schema.row_shape)
    pixels = shape[:3] if schema.is_image else shape
    hidden = np.random.default_rng(seed).random(pixels) < 0.5
    return np.broadcast_to(hidden.reshape(*pixels, *(1,) * (len(shape) - len(pixels))), shape)
