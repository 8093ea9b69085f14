"""Kinds of cells: their names, and how the kind of an array is inferred."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from quintet.data.grey_levels import are_grey_levels
from quintet.errors import InputError, nearest

Array = np.ndarray[Any, Any]
Kind = Literal["image8", "unit", "binary", "count", "real", "token", "columns"]
KINDS: tuple[Kind, ...] = ("image8", "unit", "binary", "count", "real", "token", "columns")


def named_kind(kind: str) -> Kind:
    """The kind of this name; an error for a name that is not known."""
    for known in KINDS:
        if kind == known:
            return known
    raise InputError(f"kind={kind!r} is not known: {nearest(kind, ('auto', *KINDS, 'binarised'))}.")


def kind_of_steps(array: Array) -> Kind:
    """The kind of the cells of series: zeros and ones of boolean arrays, else real numbers."""
    return "binary" if array.dtype.kind == "b" else "real"


def find_kind(array: Array, present: Array | None) -> Kind:
    """Infer the kind of the cells; the documentation's page on data has the rules."""
    if array.dtype.kind == "b":
        return "binary"
    cells = array if present is None else array[present]
    if cells.size == 0:
        return "real"
    low, high = cells.min(), cells.max()
    if not (low >= 0 and high <= 255):
        return "real"
    whole = array.dtype.kind in "ui" or bool((cells == np.rint(cells)).all())
    if whole and high <= 1 and low == 0:
        return "binary"
    picture = array.ndim >= 3 or array.dtype == np.uint8
    if whole and picture:
        return "image8" if high > 1 else "binary"
    if whole and are_grey_levels(array, present):
        return "image8"
    many = array.ndim >= 3 or array.shape[1] >= 64
    return "unit" if high <= 1 and many and array.dtype.kind == "f" else "real"
