"""Refusals of what a user declares of a column and its values contradict."""

from __future__ import annotations

from typing import Any

from quintet.data.columns.learn import ColumnLearner
from quintet.errors import InputError


def check_bounds(learner: ColumnLearner, low: Any, high: Any, first: Any, last: Any) -> None:
    """Refuse bounds that are not of the type of the values, or that values lie beyond."""
    for name, end in (("low", low), ("high", high)):
        if isinstance(end, str):
            raise InputError(f"The schema's {name} of column {learner.name!r} must be a number, got {end!r}.")
    if low is not None and high is not None and not low < high:
        raise InputError(f"The schema's low of column {learner.name!r} must lie below its high, got {low} and {high}.")
    for name, end, value in (("low", low, first), ("high", high, last)):
        if end is not None and (value < end if name == "low" else value > end):
            side = "most" if name == "low" else "least"
            raise InputError(
                f"The schema's {name} of column {learner.name!r} must be at {side} {value}, which the rows hold, got "
                f"{end}: change it, or correct the rows."
            )


def misfit(learner: ColumnLearner, kind: str, why: str) -> InputError:
    """The error for a column that cannot be of a declared type."""
    return InputError(f"Column {learner.name!r} cannot be of type {kind!r}, as the schema says: it {why}.")
