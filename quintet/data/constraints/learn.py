"""The constraints of a table: as the user declares them, else found in its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from quintet.data.columns.any_column import AnyColumn
from quintet.data.columns.base import Array
from quintet.data.columns.numbers import Continuous
from quintet.data.constraints.any_constraint import AnyConstraint
from quintet.data.constraints.combinations import Combinations
from quintet.data.constraints.find_combinations import find_combinations
from quintet.data.constraints.find_sums import find_sums
from quintet.data.constraints.order import Order
from quintet.data.constraints.sums import Sum
from quintet.errors import InputError, nearest

TYPES = {"combinations": Combinations, "order": Order, "sum": Sum}
SHOWN = 5
"""Most constraints that a note lists."""


def learn_constraints(
    columns: Sequence[AnyColumn], cells: Array, declared: Sequence[AnyConstraint] | None = None
) -> tuple[AnyConstraint, ...]:
    """The constraints of training rows (n, cells).

    Parameters
    ----------
    declared : constraints that the user names, which must hold; None: sums and pairs of columns of which one determines
        the other are searched for in the rows.
    """
    found = (*find_combinations(columns, cells), *find_sums(columns, cells)) if declared is None else declared
    return tuple(constraint.learnt(columns, cells) for constraint in found)  # type: ignore[misc]


def unrounded(columns: Sequence[AnyColumn], constraints: Sequence[AnyConstraint]) -> tuple[AnyColumn, ...]:
    """The columns, those of sums and orders without a number of significant digits: rounding would break them."""
    held = {name for law in constraints if not isinstance(law, Combinations) for name in law.names}
    return tuple(
        column.model_copy(update={"support": column.support.model_copy(update={"significant": None})})
        if isinstance(column, Continuous) and column.name in held
        else column
        for column in columns
    )


def read_constraints(given: Any) -> tuple[AnyConstraint, ...]:
    """Constraints as a schema's file lists them.

    Raises
    ------
    InputError
        An entry has an unknown type or field, or a value that the field cannot have.
    """
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise InputError(f"constraints of a schema must be a list, got {type(given).__name__}.")
    return tuple(_read(entry) for entry in given)


def entry_of(constraint: AnyConstraint) -> dict[str, Any]:
    """A constraint as plain JSON for the user, who need not list combinations: they are read from the rows."""
    found = constraint.model_dump(mode="json", exclude={"rows", "about"})
    entry = {"type": found.pop("type"), **found}
    if isinstance(constraint, Combinations) and constraint.rows:
        entry["about"] = f"{len(constraint.rows)} combinations"
    return entry


def notes(constraints: Sequence[AnyConstraint]) -> list[str]:
    """A sentence about the constraints."""
    if not constraints:
        return []
    words = [constraint.describe() for constraint in constraints[:SHOWN]]
    more = f"; and {len(constraints) - SHOWN} more" if len(constraints) > SHOWN else ""
    return ["constraints that generated and imputed rows obey: " + "; ".join(words) + more]


def refuse_unsound(columns: Sequence[AnyColumn], constraints: Sequence[AnyConstraint]) -> None:
    """Raise ValueError for constraints that name no modelled column, or whose combinations have another width."""
    known = {column.name for column in columns if column.modelled}
    for constraint in constraints:
        if not set(constraint.names) <= known:
            raise ValueError(f"the constraint '{constraint.describe()}' names a column that the rows do not have")
        if isinstance(constraint, Combinations) and any(len(row) != len(constraint.columns) for row in constraint.rows):
            raise ValueError(f"combinations of '{constraint.describe()}' must have a value for each column")


def _read(entry: Any) -> AnyConstraint:
    if not isinstance(entry, Mapping):
        raise InputError(
            'A constraint of a schema must be a mapping such as {"type": "sum", "total": "all", "parts": ["a", "b"]}, '
            f"got {entry!r}."
        )
    kind = str(entry.get("type"))
    if kind not in TYPES:
        raise InputError(f"A constraint of a schema has no type {kind!r}: {nearest(kind, tuple(TYPES))}.")
    try:
        found: AnyConstraint = TypeAdapter(AnyConstraint).validate_python(dict(entry))
    except ValidationError as problem:
        first = problem.errors(include_url=False)[0]
        field = str(first["loc"][-1]) if first["loc"] else ""
        raise InputError(
            f"A constraint of type {kind!r} has an impossible {field!r}: {first['msg'].lower()}."
        ) from None
    return found
