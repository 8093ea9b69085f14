"""Kinds of cells: their names, and how the kind of an array is inferred."""

from __future__ import annotations

import math
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
    whole = array.dtype.kind in "ui" or bool((cells == np.rint(cells)).all()) if low >= 0 and high <= 255 else False
    grey = whole and array.ndim == 2 and high > 1 and are_grey_levels(array, present)
    return kind_of_summary(low, high, whole, grey, array.ndim, math.prod(array.shape[1:]), array.dtype)


def kind_of_summary(
    low: float, high: float, whole: bool, grey: bool, axes: int, cells: int, dtype: np.dtype[Any]
) -> Kind:
    """The kind of numbers between ``low`` and ``high``.

    Parameters
    ----------
    whole : whether all are whole numbers.
    grey : whether flat rows of whole numbers are grey levels.
    axes : of the array.
    cells : of a row.
    """
    if not (low >= 0 and high <= 255):
        return "real"
    if whole and high <= 1 and low == 0:
        return "binary"
    if whole and (axes >= 3 or dtype == np.uint8):
        return "image8" if high > 1 else "binary"
    if grey:
        return "image8"
    many = axes >= 3 or cells >= 64
    return "unit" if high <= 1 and many and dtype.kind == "f" else "real"
