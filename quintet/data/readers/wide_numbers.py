"""Checks for numbers that float64 would round: whole numbers beyond 2**53 and long decimals."""

from __future__ import annotations

from decimal import Decimal
from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt

from quintet.errors import InputError

Array = npt.NDArray[Any]
EXACT = 2**53
"""Float64 represents every whole number up to this one."""
CURE = "leave such identifiers out, or give only whole numbers, without empty cells or fractions"


def is_rounded(value: object, number: float) -> bool:
    """Whether ``value`` was rounded to the float64 ``number``."""
    if isinstance(value, Integral):
        return not np.isfinite(number) or int(number) != int(value)
    if isinstance(value, Decimal):
        return not value.is_nan() and Decimal(repr(float(number))) != value
    return False


def first_rounded(values: Array, numbers: Array) -> tuple[int, ...] | None:
    """Index of the first object whose float64 is rounded; None if all are exact."""
    pairs = zip(values.ravel(), numbers.ravel(), strict=True)
    flat = next((i for i, (value, number) in enumerate(pairs) if is_rounded(value, number)), None)
    return None if flat is None else tuple(int(i) for i in np.unravel_index(flat, values.shape))


def whole_array(values: Array) -> Array | None:
    """Convert objects that are all whole numbers to int64 or uint64; None if that is not possible."""
    if not all(isinstance(value, Integral) for value in values.ravel()):
        return None
    for dtype in (np.int64, np.uint64):
        try:
            return np.array(values.tolist(), dtype=dtype).reshape(values.shape)
        except OverflowError:
            continue
    return None


def common_type(columns: list[Array], names: list[Any]) -> np.dtype[Any]:
    """The dtype that represents all columns, each (rows,), without rounding whole numbers."""
    dtype = np.result_type(*columns)
    wide = [j for j, column in enumerate(columns) if dtype.kind == "f" and floats_round(column, dtype)]
    if not wide:
        return dtype
    if all(column.dtype.kind in "bui" for column in columns):
        low = min((int(column.min()) for column in columns if column.size), default=0)
        high = max((int(column.max()) for column in columns if column.size), default=0)
        for whole in (np.dtype(np.int64), np.dtype(np.uint64)):
            if np.iinfo(whole).min <= low and high <= np.iinfo(whole).max:
                return whole
    raise rounded(f"Column {names[wide[0]]!r}", columns[wide[0]])


def rounded(where: str, column: Array) -> InputError:
    """The error for whole numbers, (cells,), that float64 would round."""
    shown = column[int(np.argmax(np.abs(column.astype(np.float64))))]
    return InputError(
        f"{where} holds whole numbers beyond 2**53, such as {shown}, which float64 cannot represent exactly: {CURE}."
    )


def floats_round(column: Array, dtype: np.dtype[Any]) -> bool:
    """Whether converting whole numbers to floats changes them."""
    if column.dtype.kind not in "ui" or not column.size:
        return False
    if max(abs(int(column.min())), abs(int(column.max()))) <= 2 ** (np.finfo(dtype).nmant + 1):
        return False
    numbers = column.astype(dtype)
    return any(int(number) != int(value) for number, value in zip(numbers, column, strict=True))
