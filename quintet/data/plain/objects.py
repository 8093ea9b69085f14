"""Python objects in columns of mixed types <-> codes of their types and text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from quintet.data.plain.base import Array, PlainColumn, unsupported
from quintet.extras import extra

STR, NONE, NAN, NA, NAT, BOOL, INT, FLOAT, NUMPY, DECIMAL, DATE, DATETIME, TIME, DURATION, TICKS = range(15)
"""Types of objects; the first two are ``VALUE`` and ``NULL``."""
MICROSECOND = timedelta(microseconds=1)
OTHERS: dict[type, tuple[int, Callable[[Any], str], Callable[[str], Any]]] = {
    Decimal: (DECIMAL, str, Decimal),
    date: (DATE, date.isoformat, date.fromisoformat),
    datetime: (DATETIME, datetime.isoformat, datetime.fromisoformat),
    time: (TIME, time.isoformat, time.fromisoformat),
    timedelta: (DURATION, lambda cell: str(cell // MICROSECOND), lambda text: int(text) * MICROSECOND),
}
"""Further types: code, to text and back."""


def from_objects(name: str, cells: Sequence[Any], **rest: Any) -> PlainColumn:
    """A column of Python objects: text, numbers, booleans and missing values of any kind."""
    pairs = [_coded(name, cell) for cell in cells]
    array = np.empty(len(pairs), dtype=object)
    array[:] = [text for _, text in pairs]
    codes = np.array([code for code, _ in pairs], dtype=np.uint8)
    return PlainColumn(name, array, codes, **{"meaning": "object", **rest})


def to_objects(column: PlainColumn) -> list[Any]:
    """The inverse of ``from_objects``."""
    return [_object(int(code), text) for code, text in zip(column.codes, column.array, strict=True)]


def object_array(cells: Sequence[Any]) -> Array:
    """An object array (n,) of these cells."""
    out = np.empty(len(cells), dtype=object)
    out[:] = cells
    return out


def _coded(name: str, cell: Any) -> tuple[int, str]:
    kind = type(cell)
    if kind is str:
        return STR, cell
    if cell is None:
        return NONE, ""
    if kind is float:
        return (NAN, "") if cell is np.nan or cell != cell else (FLOAT, repr(cell))
    if kind is bool:
        return BOOL, str(cell)
    if kind is int:
        return INT, str(cell)
    if kind.__name__ in ("Timestamp", "Timedelta") and getattr(cell, "tzinfo", None) is None:
        return TICKS, f"{cell.asm8.dtype.str} {cell.asm8.astype(np.int64)}"
    if kind.__name__ == "NAType":
        return NA, ""
    if kind.__name__ == "NaTType":
        return NAT, ""
    if isinstance(cell, np.generic) and cell.dtype.kind in "biufU":
        return NUMPY, f"{cell.dtype.str} {cell if cell.dtype.kind == 'U' else cell.item()!r}"
    if isinstance(cell, str):
        return STR, str(cell)
    if kind in OTHERS and getattr(cell, "tzinfo", None) is None:
        code, to_text, _ = OTHERS[kind]
        return code, to_text(cell)
    raise unsupported(name, kind.__name__)


def _object(code: int, text: str) -> Any:
    if code == STR:
        return text
    if code == NONE:
        return None
    if code == NAN:
        return np.nan
    if code in (NA, NAT):
        with extra("pandas", "A missing value of pandas"):
            import pandas
        return pandas.NA if code == NA else pandas.NaT
    if code == BOOL:
        return text == "True"
    if code == INT:
        return int(text)
    if code == FLOAT:
        return float(text)
    if code == TICKS:
        return _pandas_time(*text.split(" "))
    further = next((read for of, _, read in OTHERS.values() if of == code), None)
    if further is not None:
        return further(text)
    if code != NUMPY:
        raise ValueError(f"no object has the code {code}")
    dtype, _, value = text.partition(" ")
    return _numpy_scalar(np.dtype(dtype), value)


def _pandas_time(dtype: str, ticks: str) -> Any:
    """A ``pandas.Timestamp`` or ``pandas.Timedelta``."""
    with extra("pandas", "A time of pandas"):
        import pandas
    time = np.array([int(ticks)]).view(np.dtype(dtype))[0]
    return pandas.Timedelta(time) if np.dtype(dtype).kind == "m" else pandas.Timestamp(time)


def _numpy_scalar(dtype: np.dtype[Any], text: str) -> Any:
    if dtype.kind == "U":
        return np.str_(text)
    if dtype.kind == "b":
        return np.bool_(text == "True")
    if dtype.kind == "f":
        return dtype.type(text)
    if dtype.kind in "iu":
        return dtype.type(int(text))
    raise ValueError(f"no object has the type {dtype}")
