"""The rows to train on, and what options declare of their columns."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from quintet.cli import inputs, large_inputs
from quintet.errors import InputError, nearest, quoted

if TYPE_CHECKING:
    from quintet.data.readers.loaded import Loaded

Array = np.ndarray[Any, Any]


def training_table(
    data: str, kind: str, schema: Path | None, columns: str | None, drop: str | None, **which: Any
) -> tuple[Loaded, Any]:
    """Read the rows to train on, and what --schema, --columns and --drop declare of their columns; None for nothing.

    Rows about whose columns something is declared stay a table if all columns are numbers.
    """
    from quintet.data.columns.declared import LEFT_OUT
    from quintet.data.schema_file import declared_schema

    declared = declared_schema(schema)
    chosen = bool(declared.columns) or columns is not None or drop is not None
    found_kind = declared.kind_beside(kind)
    of_columns = True if chosen or found_kind == "columns" else None if found_kind == "auto" else False
    found = large_inputs.stored_rows(data, **which) or inputs.read_rows(data, table=of_columns, **which)
    if columns is None and drop is None:
        return found, declared.plain()
    if found.names is None:
        raise InputError(
            f"--columns and --drop need a table with named columns, got {inputs.shown(data)}: leave them out."
        )
    left = {name: LEFT_OUT for name in _left_out(found.names, columns, drop)}
    laws = declared.constraints and tuple(law for law in declared.constraints if not left.keys() & set(law.names))
    return found, replace(declared, columns={**declared.columns, **left}, constraints=laws).plain()


def without_weights(found: Loaded, declared: Any, column: str, data: str) -> tuple[Loaded, Array]:
    """The rows without the column of their weights, which is taken out of ``declared``, too; and the weights, (n,)."""
    if found.names is None:
        raise InputError(f"--weights needs a table with named columns, got {inputs.shown(data)}: leave it out.")
    (name,) = _named("--weights", column, found.names)[:1]
    values = np.asarray(found.x[name] if found.is_table else found.x[:, found.names.index(name)])
    if values.dtype.kind not in "biuf" or not np.isfinite(values).all():
        what = "with missing cells" if values.dtype.kind in "biuf" else f"of {values.dtype}"
        raise InputError(f"--weights must name a column of numbers, got {name!r}, a column {what}.")
    if declared and isinstance(declared.get(name), dict):
        del declared[name]
    return found.select([other for other in found.names if other != name]), values.astype(np.float64)


def _left_out(names: list[str], columns: str | None, drop: str | None) -> list[str]:
    """The columns that --columns and --drop leave out of the model."""
    kept = names if columns is None else _named("--columns", columns, names)
    dropped = [] if drop is None else _named("--drop", drop, names)
    left = [name for name in names if name not in kept or name in dropped]
    if len(left) == len(names):
        raise InputError(
            f"--columns and --drop must keep at least one of the columns {', '.join(map(quoted, names))}, got none."
        )
    return left


def _named(option: str, text: str, names: list[str]) -> list[str]:
    """The columns that an option names: one, or several separated by commas."""
    wanted = [text] if text in names else [part.strip() for part in text.split(",") if part.strip()]
    for name in wanted:
        if name not in names:
            raise InputError(f"{option}: the rows have no column {name!r}: {nearest(name, names)}.")
    return wanted
