"""A column as the user declares it, completed by what its values show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from quintet.data.columns.any_column import AnyColumn
from quintet.data.columns.base import Level
from quintet.data.columns.declared import Declared, level_words
from quintet.data.columns.declared_checks import check_bounds, misfit
from quintet.data.columns.declared_times import OF_TIMES, times_column, type_of_times
from quintet.data.columns.learn import MOST_LEVELS, ColumnLearner
from quintet.data.columns.left_out import LeftOut
from quintet.data.columns.levels import Boolean, CategoricalColumn, Constant, Ordinal, codes_of, plain_level
from quintet.data.columns.number_columns import continuous_column, whole_column
from quintet.data.columns.number_statistics import DECIMALS
from quintet.data.columns.numbers import Continuous, Count, Integer
from quintet.errors import InputError, warn

OF_LEVELS = {"categorical": CategoricalColumn, "ordinal": Ordinal, "boolean": Boolean, "constant": Constant}
REPEATED = 2
"""How often a value outside the declared levels must occur to be named in a warning."""


def declared_column(learner: ColumnLearner, declared: Declared) -> AnyColumn:
    """The column of the declared type, with the declared levels, bounds and decimals; the rest is learnt.

    Raises
    ------
    InputError
        The values contradict what is declared: they are of another type, out of the bounds, or none is a level.
    """
    learnt = learner.column()
    kind = declared.type or learnt.type
    if kind == "left_out":
        reason = declared.reason or (learnt.reason if isinstance(learnt, LeftOut) else "dropped")
        return LeftOut(**learner.same, reason=reason)
    if not learner.count:
        raise misfit(learner, kind, "has no value in the rows: leave it out by type 'left_out'")
    if kind in OF_LEVELS:
        _refuse_fields(learner, declared, kind, ("low", "high", "decimals"))
        return _of_levels(learner, learnt, kind, declared)
    _refuse_fields(learner, declared, kind, ("levels",) if kind == "continuous" else ("levels", "decimals"))
    if kind in OF_TIMES:
        return times_column(learner, learnt, kind, declared)
    return _numbers(learner, kind, declared)


def _of_levels(learner: ColumnLearner, learnt: AnyColumn, kind: str, declared: Declared) -> CategoricalColumn:
    if learner.of_times:
        right = type_of_times(learner)
        raise misfit(learner, kind, f"holds {OF_TIMES[right][2]}, whose type must be {right!r} or 'left_out'")
    same, shown = learner.same, dict(learner.shown)
    if _holds_numbers(learner):
        same, _, shown = learner.without_codes(same, declared.missing_codes)
    levels = declared.levels
    if levels is None:
        own = isinstance(learnt, CategoricalColumn) and learnt.type == kind
        levels = learnt.levels if own and isinstance(learnt, CategoricalColumn) else _found_levels(learner, kind, shown)
    if len(set(map(str, levels))) < len(levels):
        raise InputError(f"The schema's levels of column {learner.name!r} must differ, got {level_words(levels)}.")
    column: CategoricalColumn = OF_LEVELS[kind](**same, levels=levels)
    _check_levels(learner, column, shown)
    return column


def _found_levels(learner: ColumnLearner, kind: str, shown: Mapping[Any, int]) -> tuple[Level, ...]:
    """The levels of a type that differs from the learnt one."""
    values = learner.frequent_levels(shown)
    if kind == "ordinal" and not _holds_numbers(learner):
        raise misfit(learner, kind, "holds text: name its 'levels', lowest first")
    if kind == "boolean" and len(shown) > 2:
        raise misfit(learner, kind, f"has more than two values, such as {level_words(values)}: name its two 'levels'")
    if kind == "constant":
        return values[:1]
    return tuple(sorted(values, key=_rank)) if kind in ("ordinal", "boolean") else values


def _rank(level: Level) -> tuple[bool, Any]:
    return isinstance(level, str), level


def _check_levels(learner: ColumnLearner, column: CategoricalColumn, shown: Mapping[Any, int]) -> None:
    """Refuse levels that no value has; warn of frequent values that are no level."""
    values = np.empty(len(shown), dtype=object)
    values[:] = list(shown)
    if _holds_numbers(learner) or learner.dtype == "bool":
        values = values.astype(np.float64)
    counts = np.array(list(shown.values()))
    other = codes_of(values, column.levels) < 0
    if other.all() or (other.any() and not column.open):
        raise InputError(
            f"The schema's levels of column {column.name!r} must be values of the column, got "
            f"{level_words(column.levels)} for {level_words(values[other].tolist())}: correct the levels."
        )
    lost = other & (counts >= REPEATED)
    if lost.any() and len(column.levels) < MOST_LEVELS:
        warn(
            f"The schema's levels of column {column.name!r} leave out {level_words(values[lost].tolist())} "
            f"({int(counts[lost].sum())} rows): such values are never drawn, and detect flags them as strange.",
        )


def _holds_numbers(learner: ColumnLearner) -> bool:
    return learner.numbers.sample.seen > 0 and not learner.of_times


def _numbers(learner: ColumnLearner, kind: str, declared: Declared) -> AnyColumn:
    if not _holds_numbers(learner):
        what = OF_TIMES[type_of_times(learner)][2] if learner.of_times else "text or True and False"
        raise misfit(learner, kind, f"holds {what}: choose another type")
    same, numbers, shown = learner.without_codes(learner.same, declared.missing_codes)
    if numbers.low is None:
        raise misfit(learner, kind, "has no value beside its 'missing_codes': leave it out by type 'left_out'")
    if kind != "continuous" and not numbers.whole:
        raise misfit(learner, kind, "holds numbers that are not whole: use 'continuous'")
    if kind == "count" and numbers.low < 0:
        raise misfit(learner, kind, f"holds {plain_level(numbers.low)}: use 'integer'")
    check_bounds(learner, declared.low, declared.high, plain_level(numbers.low), plain_level(numbers.high))
    column: Continuous | Integer
    if kind == "continuous":
        digits = declared.decimals
        if digits is None:  # whole numbers that are declared continuous may be any number
            digits = DECIMALS + 1 if numbers.whole else learner.precision(shown)
        column = continuous_column(same, numbers, digits)
    else:
        column = whole_column(same, numbers)
    bounds = _bounds(learner, declared, column.support.offset)
    if kind == "count" and column.support.offset == 0:
        bounds.setdefault("low", 0.0)
    fields = dict(column) | {"type": kind, "support": column.support.model_copy(update=bounds)}
    return {"continuous": Continuous, "integer": Integer, "count": Count}[kind](**fields)  # type: ignore[no-any-return]


def _bounds(learner: ColumnLearner, declared: Declared, offset: int) -> dict[str, float | None]:
    """The bounds that are declared, in cells; None for no bound."""
    ends = {"low": declared.low, "high": declared.high}
    return {
        name: None if end is None else float(end - offset)  # type: ignore[operator]
        for name, end in ends.items()
        if name in declared.model_fields_set
    }


def _refuse_fields(learner: ColumnLearner, declared: Declared, kind: str, fields: Sequence[str]) -> None:
    name = next((name for name in fields if getattr(declared, name) is not None), None)
    if name is not None:
        value, where = getattr(declared, name), f"column {learner.name!r}"
        raise InputError(f"The schema's {name} of {where} must be left out of type {kind!r}, got {value!r}.")
