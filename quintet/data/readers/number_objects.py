"""Conversion of Python objects that are numbers or missing to floats or whole numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from quintet.data.readers import wide_numbers
from quintet.errors import InputError

Array = npt.NDArray[Any]
NUMBERS = "numbers, True/False, or empty cells for missing ones"


def floats(values: Array, column: object = None) -> Array:
    """Convert objects that are numbers or missing to float64 with NaN; the error names the first other object.

    Whole numbers beyond float64 stay integers if all cells are; otherwise they raise an error.
    """
    out = np.empty(values.shape, dtype=np.float64)
    for index, value in np.ndenumerate(values):
        number = np.nan if is_missing(value) else _number(value)
        if number is None:
            shown = shown_briefly(value)
            raise InputError(
                f"{_place(index, column)} must hold {NUMBERS}, got {shown}: drop it or encode it as numbers."
            )
        out[index] = number
    if values.dtype.kind != "O" or (at := wide_numbers.first_rounded(values, out)) is None:
        return out
    whole = wide_numbers.whole_array(values)
    if whole is None:
        raise InputError(
            f"{_place(at, column)} holds {shown_briefly(values[at])}, which float64 cannot represent exactly: "
            f"{wide_numbers.CURE}."
        )
    return whole


def _place(index: tuple[int, ...], column: object) -> str:
    return f"Column {column!r}, row {index[0]}" if column is not None else f"Row {index[0]}"


def _number(value: Any) -> float | None:
    if isinstance(value, str | bytes | np.datetime64 | np.timedelta64 | np.complexfloating):
        return None
    try:
        return float(value)
    except (ValueError, TypeError):
        return None
    except OverflowError:
        return float("inf") if value > 0 else -float("inf")


def is_missing(value: Any) -> bool:
    """Whether a cell is empty: None, NaN or a library's own missing value."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return bool(isinstance(value, float | np.datetime64 | np.timedelta64) and value != value)


def shown_briefly(value: object) -> str:
    """The value as text of at most 40 characters."""
    text = (
        str(value)
        if isinstance(value, np.datetime64 | np.timedelta64)
        else repr(getattr(value, "item", lambda: value)())
    )
    return text if len(text) <= 40 else text[:37] + "..."
