"""Python objects of a column -> its values."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from quintet.data.columns.base import Values
from quintet.errors import InputError

MISSING = frozenset(("", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NULL", "null", "?"))
"""Texts that stand for a missing value in frames."""
NUMBER = (int, float, Decimal, np.integer, np.floating)


def object_values(cells: list[Any], name: str) -> tuple[str, Values]:
    """The type and the values of a column of objects: True/False, numbers or dates if all are, else text.

    Raises
    ------
    InputError
        If an object is none of these.
    """
    gone = np.array([is_missing(cell) for cell in cells], dtype=bool)
    present = [cell for cell, lost in zip(cells, gone, strict=True) if not lost]
    if present and all(isinstance(cell, bool | np.bool_) for cell in present):
        return "bool", Values(np.array([not lost and bool(c) for c, lost in zip(cells, gone, strict=True)]), gone)
    if all(isinstance(cell, NUMBER) for cell in present):
        return _numbers(cells, gone, all(isinstance(cell, int | np.integer) for cell in present) and bool(present))
    if all(isinstance(cell, date) and getattr(cell, "tzinfo", None) is None for cell in present):
        unit = "us" if any(isinstance(cell, datetime) for cell in present) else "D"
        dates = [np.datetime64("NaT") if lost else np.datetime64(c) for c, lost in zip(cells, gone, strict=True)]
        return f"datetime64[{unit}]", Values(np.array(dates, dtype=f"datetime64[{unit}]"), gone)
    strange = next((cell for cell in present if not isinstance(cell, str | bool | int | float | np.generic)), None)
    if strange is not None:
        raise InputError(
            f"Column {name!r} must hold numbers, text, True/False or dates, got {type(strange).__name__}: convert or "
            "drop it."
        )
    return "object", text_values(cells)


def text_values(cells: list[Any]) -> Values:
    """Text as an object array, missing where a cell is one of ``MISSING``."""
    gone = [is_missing(cell) or (isinstance(cell, str) and cell.strip() in MISSING) for cell in cells]
    out = np.empty(len(cells), dtype=object)
    out[:] = cells
    return Values(out, np.array(gone, dtype=bool))


def is_missing(cell: Any) -> bool:
    """Whether a cell is None, NaN, NaT or pandas.NA."""
    if cell is None:
        return True
    if isinstance(cell, str | bool | int | np.ndarray | list | tuple):
        return False
    try:
        return bool(cell != cell)
    except TypeError:  # pandas.NA
        return True


def _numbers(cells: list[Any], gone: npt.NDArray[np.bool_], whole: bool) -> tuple[str, Values]:
    """Whole numbers in an integer type that holds them, others as float64."""
    if whole:
        exact = [0 if lost else int(cell) for cell, lost in zip(cells, gone, strict=True)]
        if min(exact) >= -(2**63) and max(exact) < 2**64:
            kind = "uint64" if max(exact) > np.iinfo(np.int64).max else "int64"
            if kind == "int64" or min(exact) >= 0:
                return kind, Values(np.array(exact, dtype=kind), gone)
    floats = [np.nan if lost else float(cell) for cell, lost in zip(cells, gone, strict=True)]
    return "float64", Values(np.array(floats, dtype=np.float64), gone)
