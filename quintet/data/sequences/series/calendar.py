"""The cycles of the calendar that a series follows, and where its steps lie in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from quintet.data.sequences.calendar import Calendar, Cycle, CycleName
from quintet.data.sequences.series.time_axis import UNITS_A_SECOND, TimeAxis
from quintet.errors import InputError

Array = np.ndarray[Any, Any]
SECONDS: dict[CycleName, float] = {"day": 86_400.0, "week": 604_800.0, "year": 365.2425 * 86_400.0}
MONTHS = 12
FEWEST_STEPS = 4
"""Steps of a cycle that is seen in the series."""
FEWEST_CYCLES: dict[CycleName, int] = {"day": 8, "week": 4, "year": 2}
"""Cycles that a series must span for one to be chosen."""
NEAR = 0.02
"""Share of a cycle by which the period may differ from it."""
MONDAY = 3
"""Days from the weekday of 1 January 1970 to a week's end: weeks begin on Monday."""
QUARTER = 900
"""Seconds within which no clock changes."""


def calendar_of(axis: TimeAxis, period: int | None, steps: int, wanted: str | Sequence[str] | None) -> Calendar | None:
    """The cycles that a model of series reads; None: none.

    "auto" takes day and week where the period is one of them, and the year where it is the period or where there are
    such a day or week; each if the series spans enough of it.

    Parameters
    ----------
    axis : of time.
    period : in steps, or None.
    steps : of the longest series.
    wanted : "auto", names of cycles, or None.

    Raises
    ------
    InputError
        Cycles are named that time stamps of this kind and distance do not have.
    """
    lengths = _lengths(axis)
    if wanted is None:
        return None
    if wanted != "auto":
        lacking = [name for name in wanted if name not in lengths]
        if lacking:
            raise InputError(
                f"calendar must name cycles of at least {FEWEST_STEPS} steps of a series with dates, got "
                f"{', '.join(lacking)}: these series have {', '.join(lengths) or 'none'}."
            )
        return _made({name: length for name, length in lengths.items() if name in wanted})
    repeats = {name for name, length in lengths.items() if period and abs(period - length) <= max(NEAR * length, 0.5)}
    if not repeats:
        return None
    lasting = {name: length for name, length in lengths.items() if steps >= FEWEST_CYCLES[name] * length}
    return _made(lasting)


def _made(lengths: dict[CycleName, float]) -> Calendar | None:
    if not lengths:
        return None
    return Calendar(cycles=tuple(Cycle(name=name, steps=length) for name, length in lengths.items()))


def _lengths(axis: TimeAxis) -> dict[CycleName, float]:
    """Cycles that are long enough to be seen, and their lengths in steps."""
    if axis.kind == "month":
        found: dict[CycleName, float] = {"year": MONTHS / axis.step}
    elif axis.kind == "datetime" and axis.unit is not None:
        found = {name: seconds * UNITS_A_SECOND[axis.unit] / axis.step for name, seconds in SECONDS.items()}
    else:
        found = {}
    return {name: length for name, length in found.items() if length >= FEWEST_STEPS}


def turns_of(calendar: Calendar, axis: TimeAxis, ticks: Array) -> Array:
    """Where time stamps (n,) lie in each cycle by the local clock, (n, cycles), from 0 up to 1."""
    stamps = axis.at(ticks)
    if axis.kind == "month":
        stamps = stamps.astype("M8[M]").astype("M8[s]")
    seconds = stamps.astype("M8[s]").astype(np.int64)
    if axis.zone is not None:
        seconds = seconds + _offsets(seconds, axis.zone)
    days, within = np.divmod(seconds, 86_400)
    of_day = within / 86_400
    found = {"day": of_day, "week": ((days + MONDAY) % 7 + of_day) / 7}
    years = days.astype("M8[D]").astype("M8[Y]")
    first, last = (each.astype("M8[D]").astype(np.int64) for each in (years, years + 1))
    found["year"] = (days - first + of_day) / (last - first)
    return np.stack([found[cycle.name] for cycle in calendar.cycles], axis=1)


def _offsets(seconds: Array, zone: str) -> Array:
    """Seconds by which the clock of a zone is ahead of UTC at each time, (n,); 0 of a zone without a name."""
    try:
        local = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        return np.zeros_like(seconds)
    quarters, place = np.unique(seconds // QUARTER, return_inverse=True)
    ahead = [datetime.fromtimestamp(int(each) * QUARTER, UTC).astimezone(local).utcoffset() for each in quarters]
    return np.array([0 if each is None else int(each.total_seconds()) for each in ahead])[place]
