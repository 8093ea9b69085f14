"""The columns of a file of series as arrays, in every type that holds them exactly, for packers of numbers."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
from common import Array

PLACES = 12
"""Most decimal places of a column that is taken as whole numbers."""
WIDE = 64
"""Columns beyond which all of one type are packed as one array, line after line."""


class Columns:
    """The columns of a CSV text: numbers, and times as whole seconds."""

    def __init__(self, text: bytes) -> None:
        frame = pd.read_csv(io.BytesIO(text), dtype=str)
        self.numbers: list[Array] = [_numbers(frame[name]) for name in frame]
        if len(self.numbers) > WIDE:
            self.numbers = [np.stack(self.numbers, 1).reshape(-1)]

    def candidates(self) -> dict[str, Array]:
        """Arrays named COLUMN_TYPE, in the order that ``best`` reads."""
        found = {}
        for place, column in enumerate(self.numbers):
            for kind, array in alternatives(column).items():
                found[f"{place:03d}_{kind}"] = array
        return dict(sorted(found.items()))

    def best(self, sizes: Array) -> float:
        """The bytes of all columns, each in its smallest type; sizes in the order of ``candidates``."""
        least: dict[str, float] = {}
        for name, size in zip(self.candidates(), sizes.tolist(), strict=True):
            column = name.partition("_")[0]
            least[column] = min(size, least.get(column, np.inf))
        return sum(least.values())


def _numbers(cells: pd.Series[str]) -> Array:
    """Whole numbers, numbers, or times as seconds; each float the nearest to its text."""
    if cells.str.fullmatch(r"-?\d+").all():
        return np.asarray(cells.to_list()).astype(np.int64)
    try:
        return np.asarray([float(cell) for cell in cells])
    except ValueError:
        return np.asarray(pd.to_datetime(cells)).astype("datetime64[s]").astype(np.int64)


def alternatives(column: Array) -> dict[str, Array]:
    """A column in the types that hold it exactly.

    ``scaled``: float64 or float32 that is the nearest to a whole number over a power of ten. (ETTh1's texts are float32
    whose sixteenth digit an old writer got wrong: float64 alone holds them.)
    """
    if column.dtype.kind in "iu":
        return {"int64": column.astype(np.int64)}
    column = column.astype(np.float64)
    found = {"float64": column}
    short = column.astype(np.float32)
    exact = np.array_equal(short.astype(np.float64), column)
    if exact:
        found["float32"] = short
    for kind in (np.float32, np.float64) if exact else (np.float64,):
        for places in range(PLACES + 1):
            whole = np.round(column * 10.0**places)
            back = (whole / 10.0**places).astype(kind).astype(np.float64)
            if np.abs(whole).max(initial=0) < 2**53 and np.array_equal(back, column):
                return found | {"scaled": whole.astype(np.int64)}
    return found


def gorilla_bytes(columns: Columns) -> int:
    """Bytes of Gorilla's code (Pelkonen et al., 2015): times by second differences, values by XOR with the last."""
    bits = 0
    for column in columns.numbers:
        if column.dtype.kind in "iu" and len(columns.numbers) > 1 and column is columns.numbers[0]:
            bits += _times(column)
        else:
            bits += _values(column.astype(np.float64))
    return -(-bits // 8)


def _times(seconds: Array) -> int:
    """64 bits for the first, 14 for the second; then by size of the second difference 1, 9, 12, 16 or 36 bits."""
    second = np.abs(np.diff(seconds, 2))
    sizes = np.select([second == 0, second <= 63, second <= 255, second <= 2047], [1, 9, 12, 16], 36)
    return 64 + 14 + int(sizes.sum())


def _values(values: Array) -> int:
    """64 bits for the first; then 1 bit where equal, else 2 and the changed bits, in the last window or a new one."""
    words = values.view(np.uint64)
    bits, first, last = 64, -1, -1
    for changed in (words[1:] ^ words[:-1]).tolist():
        if changed == 0:
            bits += 1
            continue
        leading, trailing = min(64 - changed.bit_length(), 31), (changed & -changed).bit_length() - 1
        if first >= 0 and leading >= first and trailing >= last:
            bits += 2 + 64 - first - last
        else:
            first, last = leading, trailing
            bits += 2 + 5 + 6 + 64 - leading - trailing
    return bits
