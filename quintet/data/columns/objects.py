"""Python objects of a column -> its values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from quintet.data.columns.base import Values
from quintet.data.columns.form import Form
from quintet.data.columns.frame import FrameColumn
from quintet.errors import InputError

MISSING = frozenset(("", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NULL", "null", "?"))
"""Texts that stand for a missing value in frames."""
NUMBER = (int, float, Decimal, np.integer, np.floating)
PRECISION = 38
"""Digits of decimal numbers whose frame states no number of them."""
Cells = list[Any]
Gone = npt.NDArray[np.bool_]


def object_column(name: str, cells: Cells) -> FrameColumn:
    """A column of objects: True and False, numbers, dates, durations or times of day if all are such, else text.

    Raises
    ------
    InputError
        If an object is none of these.
    """
    gone = np.array([is_missing(cell) for cell in cells], dtype=bool)
    present = [cell for cell, lost in zip(cells, gone, strict=True) if not lost]
    if not present:
        return FrameColumn(name, "float64", Values(np.full(len(cells), np.nan), gone))
    for fits, read in _READERS:
        if all(map(fits, present)):
            return read(name, cells, gone)
    strange = next((cell for cell in present if not isinstance(cell, str | bool | int | float | np.generic)), None)
    if strange is not None:
        raise InputError(
            f"Column {name!r} must hold numbers, text, True/False or times, all of one kind, got "
            f"{type(strange).__name__}: convert or drop it."
        )
    return FrameColumn(name, "object", text_values(cells))


def text_values(cells: Cells) -> Values:
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
    except (TypeError, ArithmeticError):  # pandas.NA, a signalling NaN
        return True


def is_time(cell: Any) -> bool:
    """Whether a cell is a date, a duration or a time of day."""
    return isinstance(cell, date | time | timedelta | np.datetime64 | np.timedelta64)


def decimal_column(
    name: str, cells: Cells, gone: Gone, precision: int | None = None, scale: int | None = None
) -> FrameColumn:
    """Decimal numbers as floats; ``scale`` is their number of decimals, None: the largest that a cell has."""
    floats = np.array([np.nan if lost else float(cell) for cell, lost in zip(cells, gone, strict=True)])
    if scale is None:
        present = (cell for cell, lost in zip(cells, gone, strict=True) if not lost)
        scale = max((max(0, -int(cell.as_tuple().exponent)) for cell in present if cell.is_finite()), default=0)
    form = Form(decimal=(precision or PRECISION, scale))
    return FrameColumn(name, "float64", Values(floats, gone), form=form, written=object_array(cells))


def object_array(cells: Cells) -> npt.NDArray[np.object_]:
    """An object array (n,) of these cells."""
    out = np.empty(len(cells), dtype=object)
    out[:] = cells
    return out


def _truths(name: str, cells: Cells, gone: Gone) -> FrameColumn:
    truths = [not lost and bool(cell) for cell, lost in zip(cells, gone, strict=True)]
    return FrameColumn(name, "bool", Values(np.array(truths), gone))


def _whole(name: str, cells: Cells, gone: Gone) -> FrameColumn:
    """Whole numbers in an integer type that holds them, else as float64."""
    exact = [0 if lost else int(cell) for cell, lost in zip(cells, gone, strict=True)]
    if min(exact) >= -(2**63) and max(exact) < 2**64:
        kind = "uint64" if max(exact) > np.iinfo(np.int64).max else "int64"
        if kind == "int64" or min(exact) >= 0:
            return FrameColumn(name, kind, Values(np.array(exact, dtype=kind), gone))
    return _floats(name, cells, gone)


def _floats(name: str, cells: Cells, gone: Gone) -> FrameColumn:
    floats = [np.nan if lost else float(cell) for cell, lost in zip(cells, gone, strict=True)]
    return FrameColumn(name, "float64", Values(np.array(floats), gone))


def _dates(name: str, cells: Cells, gone: Gone) -> FrameColumn:
    unit = "D" if all(type(c) is date for c, lost in zip(cells, gone, strict=True) if not lost) else "us"
    return _ticks(name, cells, gone, np.dtype(f"M8[{unit}]"))


def _durations(name: str, cells: Cells, gone: Gone) -> FrameColumn:
    return _ticks(name, cells, gone, np.dtype("m8[us]"))


def _ticks(name: str, cells: Cells, gone: Gone, kind: np.dtype[Any]) -> FrameColumn:
    found = np.full(len(cells), "NaT", dtype=kind)
    found[~gone] = np.array([cell for cell, lost in zip(cells, gone, strict=True) if not lost], dtype=kind)
    return FrameColumn(name, kind.name, Values(found, gone))


def _times_of_day(name: str, cells: Cells, gone: Gone) -> FrameColumn:
    ticks = [
        0 if lost else ((60 * cell.hour + cell.minute) * 60 + cell.second) * 10**6 + cell.microsecond
        for cell, lost in zip(cells, gone, strict=True)
    ]
    values = Values(np.array(ticks, dtype=np.int64).view("m8[us]"), gone)
    return FrameColumn(name, "timedelta64[us]", values, form=Form(of_day=True))


_READERS: tuple[tuple[Callable[[Any], bool], Callable[[str, Cells, Gone], FrameColumn]], ...] = (
    (lambda cell: isinstance(cell, bool | np.bool_), _truths),
    (lambda cell: isinstance(cell, Decimal), decimal_column),
    (lambda cell: isinstance(cell, int | np.integer), _whole),
    (lambda cell: isinstance(cell, NUMBER), _floats),
    (lambda cell: isinstance(cell, date | np.datetime64) and getattr(cell, "tzinfo", None) is None, _dates),
    (lambda cell: isinstance(cell, timedelta | np.timedelta64), _durations),
    (lambda cell: isinstance(cell, time) and cell.tzinfo is None, _times_of_day),
)
"""What all cells may be, and how they are read; the first that fits."""
