"""Checks of training cells against their kind."""

from __future__ import annotations

from typing import Any

import numpy as np

from quintet.data.cell_kinds import Kind
from quintet.data.kind_columns import limits, widest_support
from quintet.errors import InputError

Array = np.ndarray[Any, Any]


def check_cells(array: Array, present: Array | None, kind: Kind) -> None:
    """Raise an error for infinite cells and cells outside the kind, in training rows."""
    check_finite(array, present)
    cells = array if present is None else array[present]
    support = widest_support(kind)
    if cells.size == 0 or support.low is None:
        return
    low, high = cells.min().item(), cells.max().item()  # Python numbers compare without a cast
    bottom, top = limits(support)
    if low < bottom or high > top:
        raise InputError(
            f"Cells of kind {kind!r} must lie between {bottom:g} and {top:g}, got {low:g} to {high:g}: rescale them, "
            "or choose another kind."
        )
    if support.is_whole and array.dtype.kind == "f" and not bool((cells == np.rint(cells)).all()):
        raise InputError(f"Cells of kind {kind!r} must be whole numbers: round them, or use kind='unit' or 'real'.")


def check_finite(array: Array, present: Array | None) -> None:
    """Raise an error for infinite cells; NaN is legal where ``present`` is False."""
    if array.dtype.kind != "f":
        return
    cells = array if present is None else array[present]
    if cells.size and not (np.isfinite(cells.min()) and np.isfinite(cells.max())):
        raise InputError("Cells must be finite, or NaN if missing, got infinity: replace it.")
