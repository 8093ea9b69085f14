"""The cell of a column that a question names."""

from __future__ import annotations

from collections.abc import Sequence

from quintet.data.columns.any_column import AnyColumn
from quintet.errors import InputError, nearest


def place_of(columns: Sequence[AnyColumn], name: str, argument: str) -> int:
    """The place of a column's cell in rows of cells.

    Raises
    ------
    InputError
        If the argument names no column, or one that the model leaves out.
    """
    names = [column.name for column in columns if column.modelled]
    if name in names:
        return names.index(name)
    left_out = next((column for column in columns if column.name == name), None)
    if left_out is not None:
        raise InputError(f"{argument}: the model leaves out column {name!r}; allowed are {', '.join(sorted(names))}.")
    raise InputError(f"{argument}: the table has no column {name!r}: {nearest(name, names)}.")
