"""Rows of another size than the model's: letters are drawn to fit, pictures are resized where that is asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from quintet.errors import InputError

if TYPE_CHECKING:
    from quintet.data.readers.loaded import Loaded
    from quintet.data.schema import Schema

LETTERS = "letters"
"""The data set that is drawn, and so has no size and no units of its own."""


def size_of(schema: Schema) -> str | None:
    """The size of the model's images as --size gives it; None for other rows, and for bands before the pixels."""
    shape = schema.row_shape
    return "x".join(map(str, shape[:2])) if schema.is_image and len(shape) in (2, 3) else None


def drawn_size(data: str, schema: Schema) -> str | None:
    """The size in which DATA is drawn to fit the model; None for rows that have a size of their own."""
    return size_of(schema) if data == LETTERS else None


def in_the_models_units(data: str, found: Loaded, schema: Schema) -> Loaded:
    """Letters with the greys of the model's images, as the report draws them; other rows as they are."""
    if data != LETTERS or not schema.is_image or not schema.support.is_bounded or schema.top >= found.x.max():
        return found
    scaled = found.x * (schema.top / float(found.x.max()))
    rows = np.rint(scaled) if schema.support.levels else scaled
    return replace(found, x=rows.astype(schema.dtype))


def refuse_other_size(found: Loaded, schema: Schema, data: str) -> None:
    """Refuse pictures of another size than the model's, which --size would resize."""
    shape, wanted = found.x.shape[1:], schema.row_shape
    if size_of(schema) and len(shape) in (2, 3) and shape[:2] != wanted[:2] and shape[2:] == wanted[2:]:
        given = "x".join(map(str, shape[:2]))
        raise InputError(
            f"The pictures of {data} must have the model's size, {size_of(schema)} pixels, got {given}: resize them "
            f"with --size {size_of(schema)}."
        )
