"""Cells of new rows that no training row could hold: the nearest legal value stands in, and they are marked."""

from __future__ import annotations

from typing import Any

import numpy as np

from quintet.data.cell_checks import check_finite
from quintet.data.cell_units import CellUnits
from quintet.data.kind_columns import limits

Array = np.ndarray[Any, Any]


def legal_cells(array: Array, present: Array | None, units: CellUnits) -> tuple[Array, Array | None]:
    """The rows (n, *row_shape) with illegal cells replaced by the nearest legal value, and a mask of those.

    Illegal are levels above those of training, cells outside the range of a bounded kind, negative counts and fractions
    of kinds of whole numbers. Infinite cells are an error.

    Parameters
    ----------
    present : (n, *row_shape) of bool, False at missing cells; None if all are observed.

    Returns
    -------
    array, strange : ``strange`` is None where every cell is legal; the array is then not copied.
    """
    check_finite(array, present)
    low, top = limits(units.support)
    if units.is_standardised or array.dtype.kind == "b" or not array.size:
        return array, None
    if array.dtype == np.uint8 and top >= np.iinfo(np.uint8).max:
        return array, None
    if array.dtype.kind == "u" and low <= 0 and array.max() <= top:  # without a mask as large as the rows
        return array, None
    strange = (array < low) | (array > top)
    if units.is_whole and array.dtype.kind == "f":
        strange |= array != np.rint(array)
    if present is not None:
        strange &= present
    if not strange.any():
        return array, None
    nearest = np.clip(np.rint(array) if units.is_whole and array.dtype.kind == "f" else array, low, top)
    return np.where(strange, nearest, array).astype(array.dtype, copy=False), strange
