"""Rows of cells of a table made to obey its constraints, a warning where they cannot, and a refusal where none can."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from quintet.data.columns.allowed import Allowed
from quintet.data.columns.times import Ticks
from quintet.data.constraints.conflicts import conflict
from quintet.data.constraints.possible import Spans
from quintet.data.constraints.rows import broken_rows, completed
from quintet.data.schema import Array, Schema
from quintet.errors import InputError, warn

LISTED = 10
"""Most values that a message lists."""


def obeying(schema: Schema, cells: Array, fixed: Array, missing: Array | None = None) -> Array:
    """Rows (n, cells) of a table in the user's units that obey the schema's constraints; ``fixed`` cells stay.

    Parameters
    ----------
    missing : (n, cells) of bool, True at cells whose value means nothing.
    """
    if not schema.constraints:
        return cells
    gone = np.zeros(cells.shape, dtype=bool) if missing is None else missing
    found = completed(schema.columns, schema.constraints, np.where(gone, np.nan, cells), fixed)
    free = np.asarray((~fixed & ~gone).any(1))
    for words, rows in broken_rows(schema.columns, schema.constraints, found).items():
        wrong = int(free[rows].sum())
        if wrong:
            warn(
                f"{wrong} of {len(cells)} rows break the constraint '{words}', because their known cells, or the "
                "columns' bounds and decimals, leave no other value: check these cells, or the constraints.",
            )
    return np.where(gone, cells, found)


def at_places(cells: Array, places: Sequence[int]) -> Array:
    """(n, cells) of bool, True at some places."""
    fixed = np.zeros(cells.shape, dtype=bool)
    fixed[:, list(places)] = True
    return fixed


def refuse_impossible(schema: Schema, given: Mapping[str, Any], allowed: Sequence[Allowed]) -> None:
    """Refuse given columns that no row has together.

    Parameters
    ----------
    given : what the user wrote, by the names of columns.
    allowed : the cells that it means.

    Raises
    ------
    InputError
        With the given columns that exclude each other, the constraint, and what the last of them could be.
    """
    spans = {cell.place: _spans(cell) for cell in allowed}
    found = conflict(schema.columns, schema.constraints, spans)
    if found is None:
        return
    own = {str(name): wanted for name, wanted in given.items()}
    names = [schema.modelled[place].name for place in found.places]
    written = [f"{name}={own[name]!r}" for name in names]
    laws = " and ".join(f"'{law.describe()}'" for law in found.constraints)
    beside = f"beside {' and '.join(written[:-1])} " if written[1:] else ""
    cure = "give such a value, or leave out one of these columns" if written[1:] else "give such a value"
    last = _words(schema.modelled[found.places[-1]], found.last)
    under = f"{'constraints' if found.constraints[1:] else 'constraint'} {laws}"
    raise InputError(
        f"given: no row can have {' and '.join(written)} under {under}: {beside}{names[-1]} must be {last}; {cure}."
    )


def _spans(cell: Allowed) -> Spans:
    codes = [(code, code) for code in cell.codes]
    return np.array(sorted(codes or cell.intervals), dtype=np.float64)


def _words(column: Any, spans: Spans) -> str:
    """Intervals of cells as values of their column."""
    if (spans[:, 0] == spans[:, 1]).all():
        values = [_value(column, cell) for cell in spans[:, 0]]
        more = f", or one of {len(values) - LISTED} others" if len(values) > LISTED else ""
        return ", ".join(values[:LISTED]) + more if more else " or ".join(values)
    low, high = spans[0, 0], spans[-1, 1]
    if np.isinf(low):
        return f"at most {_value(column, high)}"
    if np.isinf(high):
        return f"at least {_value(column, low)}"
    return f"from {_value(column, low)} to {_value(column, high)}"


def _value(column: Any, cell: float) -> str:
    if isinstance(column, Ticks):
        return column.shown(cell)
    (value,) = column.decode(np.array([cell])).tolist()
    return repr(int(value) if isinstance(value, float) and value.is_integer() else value)
