"""Columns of levels: categorical, ordinal, boolean and constant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from quintet.data.columns import span_text
from quintet.data.columns.base import EXACT, Array, Column, Level, Support, Values
from quintet.data.columns.times import dates_of_text
from quintet.errors import InputError, quoted

SHOWN = 4
"""Levels that a description names."""


class CategoricalColumn(Column):
    """Levels without an order, the most frequent first.

    The last code is ``OTHER``: the levels that training showed once or not at all. It is never drawn; its probability
    is learnt from levels that occurred once (the estimate of Good, 1953).
    """

    type: Literal["categorical"] = "categorical"
    levels: tuple[Level, ...]

    @property
    def codes(self) -> int:
        """The levels and ``OTHER``."""
        return len(self.levels) + self.open

    @property
    def support(self) -> Support:
        """The codes; their order and distance mean nothing."""
        return Support(low=0, high=self.codes - 1, step=1)

    @property
    def open(self) -> bool:
        """Whether there is a code for other levels."""
        return True

    def encode(self, values: Values) -> npt.NDArray[np.float64]:
        """Codes, NaN where missing."""
        values = self.known(values)
        found = codes_of(values.array, self.levels)
        out = np.where(found < 0, float(len(self.levels)), found.astype(np.float64))
        out[values.missing] = np.nan
        if not self.open and (out == len(self.levels)).any():
            odd = values.array[np.argmax(out == len(self.levels))]
            only = " and ".join(map(quoted, self.levels))
            raise InputError(
                f"Column {self.name!r} held only {only} in training, got {str(odd)[:40]!r}: correct the cell, or leave "
                "it empty."
            )
        return out

    def decode(self, cells: Array) -> Array:
        """The level of each code; the most frequent one for ``OTHER``, missing for NaN."""
        gone = np.isnan(cells)
        code = np.rint(np.where(gone, 0, cells)).astype(np.int64)
        code = np.where((code < 0) | (code >= len(self.levels)), 0, code)
        values = level_array(self.levels, self.dtype)[code]
        return with_missing(values, gone)

    def describe(self) -> str:
        """The number of levels and the first of them."""
        some = ", ".join(map(quoted, self.levels[:SHOWN])) + (", ..." if len(self.levels) > SHOWN else "")
        return f"{self.type}, {len(self.levels)} level{'s' * (len(self.levels) != 1)}: {some}"


class Ordinal(CategoricalColumn):
    """Levels in their order, lowest first."""

    type: Literal["ordinal"] = "ordinal"  # type: ignore[assignment]


class Boolean(CategoricalColumn):
    """Two levels, and no others."""

    type: Literal["boolean"] = "boolean"  # type: ignore[assignment]
    levels: tuple[Level, ...] = (False, True)

    @property
    def open(self) -> bool:
        """False: other levels are not possible."""
        return False


class Constant(CategoricalColumn):
    """One value in all rows of training; any other is ``OTHER``, and strange. Times are ticks of ``dtype``."""

    type: Literal["constant"] = "constant"  # type: ignore[assignment]

    def encode(self, values: Values) -> npt.NDArray[np.float64]:
        """Codes, NaN where missing."""
        if not self.dtype.startswith(("datetime64", "timedelta64")):
            return super().encode(values)
        values = dates_of_text(values) or values
        same = np.zeros(len(values), dtype=bool)
        if values.array.dtype.kind == np.dtype(self.dtype).kind:
            same = values.array.astype(self.dtype) == level_array(self.levels, self.dtype)[0]
        return np.where(values.missing, np.nan, np.where(same, 0.0, 1.0))

    def describe(self) -> str:
        """The value."""
        value = level_array(self.levels, self.dtype)[0] if self.dtype != "object" else self.levels[0]
        return f"constant, {span_text.write(value) if isinstance(value, np.timedelta64) else quoted(value)}"


def codes_of(array: Array, levels: tuple[Level, ...]) -> npt.NDArray[np.int64]:
    """Index of each value among the levels, (n,); -1 for other values."""
    if array.dtype.kind in "biuf":
        numbers = [_as_number(level) for level in levels]
        order = np.argsort(numbers, kind="stable")
        ranked = np.asarray(numbers, dtype=np.float64)[order]
        cells = array.astype(np.float64)
        place = np.searchsorted(ranked, cells).clip(max=len(levels) - 1)
        return np.where(ranked[place] == cells, order[place], -1)
    index: dict[Any, int] = {level if isinstance(level, str) else str(level): i for i, level in enumerate(levels)}
    return np.fromiter((index.get(v if isinstance(v, str) else str(v), -1) for v in array), np.int64, len(array))


def _as_number(level: Level) -> float:
    """The number that a level is or, as text, spells; NaN for other text."""
    try:
        return float(level)
    except ValueError:
        return np.nan


def level_array(levels: tuple[Level, ...], dtype: str) -> Array:
    """The levels as an array of the user's type, an object array for text."""
    if dtype in ("string", "category", "object"):
        out = np.empty(len(levels), dtype=object)
        out[:] = levels
        return out
    return np.array(levels).astype(dtype)


def all_levels(column: Any, cells: Array) -> list[Any]:
    """The levels of training, and others among the cells."""
    known = list(getattr(column, "levels", ()))
    return known + sorted({cell for cell in cells if cell is not None} - set(known), key=str)


def with_missing(values: Array, gone: npt.NDArray[np.bool_]) -> Array:
    """Values with missing ones: None in text and booleans, NaN in numbers."""
    if not gone.any():
        return values
    if values.dtype.kind in "fiu":
        return np.where(gone, np.nan, values.astype(np.float64))
    out = values.astype(object)
    out[gone] = None
    return out


def ranked_levels(shown: Mapping[Any, int]) -> tuple[Level, ...]:
    """The levels, the most frequent first."""
    ranked = sorted(shown.items(), key=lambda pair: (-pair[1], str(pair[0])))
    return tuple(plain_level(level) for level, _ in ranked)


def plain_level(level: Any) -> Level:
    """A level as JSON keeps it."""
    if isinstance(level, np.generic):
        level = level.item()
    if isinstance(level, float) and level.is_integer() and abs(level) < EXACT:
        return int(level)
    return level if isinstance(level, bool | int | float | str) else str(level)
