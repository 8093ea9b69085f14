"""What a column must be by the model's cells, in the form of a plain column: the values that a file need not keep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from quintet.data.columns.answers import times_of_day, written
from quintet.data.columns.any_column import AnyColumn
from quintet.data.columns.restore import restored
from quintet.data.plain.base import NULL, PlainColumn, bits
from quintet.data.plain.objects import OTHERS, from_objects

Array = np.ndarray[Any, Any]
LONGEST_MARKER = 200
"""Most characters of the text that all missing cells have; a longer one is kept cell by cell."""


@dataclass(frozen=True)
class Missing:
    """The value of the cells that the model takes as missing: its code, and text or a number of one cell."""

    code: int
    value: Any


def predicted(column: AnyColumn, cells: Array, like: PlainColumn, labels: list[str], missing: Missing) -> PlainColumn:
    """The plain column that cells (n,) give, of the type of ``like``.

    Parameters
    ----------
    column : the column of the model.
    labels : texts of the levels, where ``like`` holds indices of levels.
    missing : the value where a cell is NaN.
    """
    gone = np.isnan(cells)
    found = restored(column, np.where(gone, 0.0, cells))
    if like.meaning in ("object", "text"):
        found = _written(column, found)
    array, codes = _values(found, like, labels)
    array[gone], codes[gone] = missing.value, missing.code
    return like.filled(array, codes)


def most_frequent_missing(cells: Array, actual: PlainColumn) -> Missing:
    """The most frequent value of the cells that are NaN for the model."""
    gone = np.flatnonzero(np.isnan(cells))
    if not len(gone):
        return no_value(actual)
    pairs: dict[Any, int] = {}
    plain = bits(actual.array)
    for at in gone:
        key = (int(actual.codes[at]), plain[at])
        pairs[key] = pairs.get(key, 0) + 1
    code, pattern = max(pairs, key=lambda key: pairs[key])
    if actual.array.dtype.kind == "O":
        return Missing(code, pattern) if len(pattern) <= LONGEST_MARKER else no_value(actual)
    return Missing(code, np.array([pattern], plain.dtype).view(actual.array.dtype)[0])


def no_value(like: PlainColumn) -> Missing:
    """The missing value of a column's type."""
    return Missing(NULL, "" if like.array.dtype.kind == "O" else like.array.dtype.type(0))


def differing(one: PlainColumn, other: PlainColumn) -> Array:
    """(n,) of bool: where two columns of one type have other values."""
    return np.asarray((one.codes != other.codes) | (bits(one.array) != bits(other.array)))


def _values(found: Array, like: PlainColumn, labels: list[str]) -> tuple[Array, Array]:
    """Array and codes in the form of ``like``; anything that it cannot hold becomes 0 or "", and is corrected."""
    n, codes = len(found), np.zeros(len(found), dtype=np.uint8)
    if like.meaning == "object":
        objects = from_objects("", [_plain(cell) for cell in found.tolist()])
        return objects.array, objects.codes
    if like.meaning in ("text", "decimal"):
        array = np.empty(n, dtype=object)
        form = (lambda x: f"{float(x):.{int(like.detail)}f}") if like.meaning == "decimal" else str
        array[:] = ["" if not _is_number(x) and like.meaning == "decimal" else form(x) for x in found.tolist()]
        return array, codes
    if like.meaning == "level":
        place = {label: at for at, label in enumerate(labels)}
        return np.array([place.get(str(x), 0) for x in found.tolist()], dtype=like.array.dtype), codes
    if like.meaning in ("time", "duration"):
        kind = "M" if like.meaning == "time" else "m"
        if found.dtype.kind != kind:
            return np.zeros(n, like.array.dtype), codes
        return found.astype(f"{kind}8[{like.detail}]").view(np.int64).astype(like.array.dtype), codes
    if found.dtype.kind == "O":
        found = np.array([float(x) if _is_number(x) else 0.0 for x in found.tolist()], dtype=np.float64)
    if like.meaning != "number" or found.dtype.kind not in "biuf":
        return np.zeros(n, like.array.dtype), codes
    with np.errstate(invalid="ignore", over="ignore"):
        return found.astype(like.array.dtype), codes


def _written(column: AnyColumn, found: Array) -> Array:
    """Values as the training rows wrote them: dates as text or as objects, numbers as ``decimal.Decimal``."""
    if found.dtype.kind == "m" and column.of_day:
        return times_of_day(found)
    if found.dtype.kind == "M" and column.date_format is None:
        unit = np.datetime_data(found.dtype)[0]
        return found if unit in ("D", "us") else found.astype("M8[us]")
    if found.dtype.kind == "m":
        return found.astype("m8[us]")
    return written(column, found)


def _is_number(value: Any) -> bool:
    return isinstance(value, bool | int | float)


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | bool | int | float) or type(value) in OTHERS else None
