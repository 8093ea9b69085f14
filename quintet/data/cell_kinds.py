"""Kinds of cells: their names, how the kind of an array is inferred, and which values each allows."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from quintet.data.grey_levels import are_grey_levels
from quintet.data.schema_limits import LARGEST_COUNT
from quintet.errors import InputError, nearest

Array = np.ndarray[Any, Any]
Kind = Literal["image8", "unit", "binary", "count", "real", "columns"]
KINDS: tuple[Kind, ...] = ("image8", "unit", "binary", "count", "real", "columns")
BOUNDED = ("image8", "unit", "binary")
"""Kinds whose cells have a smallest and a largest value."""
STANDARDISED = ("real", "columns")
"""Kinds whose cells are standardised, each by its own mean and standard deviation; codes of levels stay as they are."""


def named_kind(kind: str) -> Kind:
    """The kind of this name; an error for a name that is not known."""
    for known in KINDS:
        if kind == known:
            return known
    raise InputError(f"kind={kind!r} is not known: {nearest(kind, ('auto', *KINDS, 'binarised'))}.")


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


def check_cells(array: Array, present: Array | None, kind: Kind) -> None:
    """Raise an error for infinite cells and cells outside the kind, in training rows."""
    check_finite(array, present)
    cells = array if present is None else array[present]
    if cells.size == 0 or kind in STANDARDISED:
        return
    low, high = cells.min().item(), cells.max().item()  # Python numbers compare without a cast
    top = {"image8": 255, "unit": 1, "binary": 1, "count": LARGEST_COUNT}[kind]
    if low < 0 or high > top:
        raise InputError(
            f"Cells of kind {kind!r} must lie between 0 and {top:g}, got {low:g} to {high:g}: rescale them, or choose "
            "another kind."
        )
    if kind != "unit" and array.dtype.kind == "f" and not bool((cells == np.rint(cells)).all()):
        raise InputError(f"Cells of kind {kind!r} must be whole numbers: round them, or use kind='unit' or 'real'.")


def check_finite(array: Array, present: Array | None) -> None:
    """Raise an error for infinite cells; NaN is legal where ``present`` is False."""
    if array.dtype.kind != "f":
        return
    cells = array if present is None else array[present]
    if cells.size and not (np.isfinite(cells.min()) and np.isfinite(cells.max())):
        raise InputError("Cells must be finite, or NaN if missing, got infinity: replace it.")
