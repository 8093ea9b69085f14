"""The values that a cell may have: single values, several, or an interval, as the user names them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC
from difflib import get_close_matches
from typing import Any

import numpy as np

from quintet.data.columns.any_column import AnyColumn
from quintet.data.columns.base import Array, Support, Values
from quintet.data.columns.bins import ALONE, NARROW
from quintet.data.columns.levels import CategoricalColumn, Constant, Ordinal, codes_of
from quintet.data.columns.numbers import Continuous
from quintet.data.columns.objects import object_column
from quintet.data.columns.places import place_of
from quintet.data.columns.times import Duration, Ticks
from quintet.errors import InputError, nearest

LISTED = 20
"""Most levels that a sentence lists."""
ROUNDING = 1e-9
"""Share of a step by which a value may be off its grid."""

Interval = tuple[float, float]


@dataclass(frozen=True)
class Allowed:
    """What the cell at ``place`` may be: some codes of levels, or intervals of numbers.

    ``intervals`` are closed, ascending and apart, with ends that are legal cells of the column.
    """

    place: int
    codes: tuple[int, ...] = ()
    intervals: tuple[Interval, ...] = ()
    half: float = 0.0
    """Half the distance of neighbouring legal cells, by which each interval reaches beyond its ends."""

    def nearest(self, cells: Array) -> Array:
        """The nearest allowed cells of numbers, (n,); codes as they are."""
        if not self.intervals:
            return cells
        ends = np.array(self.intervals)
        each = np.clip(cells[:, None], ends[:, 0], ends[:, 1])
        found: Array = each[np.arange(len(cells)), np.abs(each - cells[:, None]).argmin(1)]
        return found


def allowed_cells(columns: Sequence[AnyColumn], given: Any) -> tuple[Allowed, ...]:
    """What cells may be, for a mapping of names of columns to a value, a collection of values, or a tuple (low, high).

    An interval includes its ends; None: open. It is cut to the range of training.

    Raises
    ------
    InputError
        If no column has this name, or it cannot have such a value.
    """
    modelled, found = [column for column in columns if column.modelled], []
    for name, wanted in given.items():
        place = place_of(columns, str(name), "given")
        column = modelled[place]
        if isinstance(column, CategoricalColumn):
            found.append(_codes(column, place, wanted))
        else:
            found.append(_numbers(column, place, wanted))
    return tuple(found)


def _codes(column: CategoricalColumn, place: int, wanted: Any) -> Allowed:
    if isinstance(wanted, tuple):
        if not isinstance(column, Ordinal):
            raise InputError(
                f"given: column {column.name!r} has no order, so a tuple (low, high) means nothing, got {wanted!r}: "
                "name its levels in a list."
            )
        low, high = _ends(column.name, wanted)
        first = 0 if low is None else _code(column, low)
        last = len(column.levels) - 1 if high is None else _code(column, high)
        codes = range(first, last + 1)
    else:
        codes = sorted({_code(column, value) for value in _several(column.name, wanted)})  # type: ignore[assignment]
    if not codes:
        raise _empty(column.name, wanted)
    return Allowed(place, tuple(codes))


def _code(column: CategoricalColumn, value: Any) -> int:
    values = column.known(_values(column.name, value))
    if values.missing[0]:
        raise _no_value(column.name)
    code = int(column.encode(values)[0] if isinstance(column, Constant) else codes_of(values.array, column.levels)[0])
    if not 0 <= code < len(column.levels):
        names = [str(level) for level in column.levels]
        hint = nearest(value, names) if len(names) <= LISTED else f"it has {len(names)} others"
        close = get_close_matches(str(value), names, n=1, cutoff=0.5) if len(names) > LISTED else []
        hint = f"did you mean {close[0]!r}? {hint}" if close else hint
        raise InputError(f"given: column {column.name!r} has no level {value!r}: {hint}.")
    return code


def _numbers(column: Any, place: int, wanted: Any) -> Allowed:
    support: Support = column.support
    if support.seen_low is None or support.seen_high is None:
        raise InputError(f"given: column {column.name!r} has no value in training: leave it out.")
    if isinstance(wanted, tuple):
        low, high = (None if end is None else _cell(column, end) for end in _ends(column.name, wanted))
        spans = [(support.seen_low if low is None else low, support.seen_high if high is None else high)]
    else:
        spans = [(cell, cell) for cell in (_cell(column, value) for value in _several(column.name, wanted))]
    inside = [_legal(column, span, wanted) for span in spans]
    narrow = (support.seen_high - support.seen_low) * NARROW
    half = max(column.spacing, narrow if narrow else ALONE) / 2
    return Allowed(place, intervals=tuple(_joined(inside, 2 * half)), half=half)


def _cell(column: Any, value: Any) -> float:
    """The cell of a value."""
    if isinstance(column, Duration) and isinstance(value, str):
        value = column.parse(value) or value
    values = column.known(_values(column.name, value))
    if values.missing[0]:
        raise _no_value(column.name)
    return float(column.encode(values)[0])


def _legal(column: Any, span: Interval, wanted: Any) -> Interval:
    """The legal cells of an interval within the range of training."""
    support, (low, high) = column.support, span
    if low > high:
        raise _empty(column.name, wanted)
    least = max(end for end in (support.seen_low, support.low) if end is not None)
    most = min(end for end in (support.seen_high, support.high) if end is not None)
    if low > most or high < least:
        raise InputError(
            f"given: {wanted!r} lies outside column {column.name!r}, which is {column.describe()}: choose values "
            "within this range."
        )
    low, high = max(low, least), min(high, most)
    if column.spacing:
        base = 0.0 if isinstance(column, Continuous | Ticks) else support.seen_low
        first, last = ((end - base) / column.spacing for end in (low, high))
        slack = ROUNDING + 4e-16 * max(abs(first), abs(last))
        low, high = (base + n * column.spacing for n in (np.ceil(first - slack), np.floor(last + slack)))
        if isinstance(column, Continuous) and support.decimals is not None:
            low, high = round(low, support.decimals), round(high, support.decimals)
    if low > high:
        raise InputError(
            f"given: column {column.name!r}, {column.describe()}, has no value in {wanted!r}: choose a wider interval "
            "or another value."
        )
    return float(low), float(high)


def _joined(intervals: Iterable[Interval], step: float) -> list[Interval]:
    """Intervals in ascending order; those that overlap or are a step apart as one."""
    out: list[Interval] = []
    for low, high in sorted(intervals):
        if out and low - out[-1][1] <= step * 1.001:
            out[-1] = out[-1][0], max(high, out[-1][1])
        else:
            out.append((low, high))
    return out


def _ends(name: str, wanted: tuple[Any, ...]) -> tuple[Any, Any]:
    if len(wanted) != 2:
        raise InputError(
            f"given: a tuple is an interval (low, high), got {wanted!r} for column {name!r}: write several values as a "
            "list or a set."
        )
    return wanted[0], wanted[1]


def _several(name: str, wanted: Any) -> list[Any]:
    if isinstance(wanted, str | bytes) or not isinstance(wanted, Iterable) or getattr(wanted, "ndim", 1) == 0:
        return [wanted]
    values = list(wanted)
    if not values:
        raise _empty(name, wanted)
    return values


def _values(name: str, value: Any) -> Values:
    """One value as those of a column; a point in time with a zone is in UTC."""
    if getattr(value, "tzinfo", None) is not None and hasattr(value, "astimezone"):
        value = value.astimezone(UTC).replace(tzinfo=None)
    found: Values = object_column(name, [value]).values
    return found


def _empty(name: str, wanted: Any) -> InputError:
    return InputError(f"given: column {name!r} must have at least one value in {wanted!r}: it is empty.")


def _no_value(name: str) -> InputError:
    return InputError(f"given: column {name!r} must be given a value, got a missing one: leave the column out.")
