"""Columns of times as a user declares them."""

from __future__ import annotations

from typing import Any

from quintet.data.columns.any_column import AnyColumn
from quintet.data.columns.declared import Declared
from quintet.data.columns.declared_checks import check_bounds, misfit
from quintet.data.columns.learn import ColumnLearner
from quintet.data.columns.times import Datetime, Duration, Ticks, Time, TimeOfDay
from quintet.errors import InputError

OF_TIMES = {
    "datetime": (Datetime, "2020-12-31", "dates"),
    "duration": (Duration, "2 days 12:00:00", "durations"),
    "time_of_day": (TimeOfDay, "08:30:00", "times of day"),
}
"""Class, an example of a bound, and what the rows hold."""


def type_of_times(learner: ColumnLearner) -> str:
    """The type that a column of times has."""
    return "datetime" if learner.dtype.startswith("d") else "time_of_day" if learner.form.of_day else "duration"


def times_column(learner: ColumnLearner, learnt: AnyColumn, kind: str, declared: Declared) -> AnyColumn:
    """A column of times with the declared bounds."""
    if not isinstance(learnt, Ticks) or learnt.type != kind:
        raise misfit(learner, kind, f"holds no {OF_TIMES[kind][2]}: convert it, or choose another type")
    low, high = (_time(learner, learnt, name, getattr(declared, name)) for name in ("low", "high"))
    first, last = (learnt.value(end) for end in (learnt.support.seen_low or 0.0, learnt.support.seen_high or 0.0))
    check_bounds(learner, low, high, first, last)
    ends = {"low": low, "high": high}
    bounds = {
        name: None if end is None else learnt.cell(end)
        for name, end in ends.items()
        if end is not None or name in declared.model_fields_set
    }
    return learnt.model_copy(update={"support": learnt.support.model_copy(update=bounds)})


def _time(learner: ColumnLearner, column: Ticks, name: str, end: Any) -> Time | None:
    if end is None:
        return None
    found = column.parse(end) if isinstance(end, str) else None
    if found is None:
        example, words = OF_TIMES[column.type][1:]
        raise InputError(
            f"The schema's {name} of column {learner.name!r} must be one of its {words}, such as {example!r}, got "
            f"{end!r}."
        )
    return found
