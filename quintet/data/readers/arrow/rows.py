"""Arrow tables as rows: an array of pixels, of zeros and ones, or of any numbers where asked; else the table itself."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
from pyarrow import types

from quintet.data.cell_kinds import find_kind
from quintet.data.observed_cells import observed_cells
from quintet.data.readers import wide_numbers
from quintet.data.readers.frames import Array, to_numpy
from quintet.errors import FileRefused, InputError

INDEX = re.compile(r"__index_level_\d+__")
"""Names under which pandas keeps the index of a data frame in a Parquet file."""


def is_mixed(table: Any) -> bool:
    """Whether a column holds text or dates, or, beside numbers or with missing cells, True and False."""
    kinds = [column.type for column in table.columns]
    if all(types.is_boolean(kind) for kind in kinds):
        return any(column.null_count for column in table.columns)
    return not all(_is_number(kind) for kind in kinds)


def without_index(table: Any) -> Any:
    """The table without the columns of a data frame's index."""
    return table.drop_columns([name for name in table.column_names if INDEX.fullmatch(name)])


def has_measurements(x: Array) -> bool:
    """Whether numbers (n, columns), NaN where missing, are neither pixels nor zeros and ones."""
    return find_kind(x, observed_cells(x, None)) == "real"


def table_rows(table: Any, path: str | Path, as_table: bool | None = False) -> tuple[Any, list[str]]:
    """The rows of a table from a file, and the names of its columns.

    Parameters
    ----------
    as_table : whether numbers stay a table; None: unless they are pixels, or zeros and ones.

    Returns
    -------
    rows : an array (n, columns), or the table itself.
    """
    if not (as_table or is_mixed(table)) and (x := _as_array(table, as_table)) is not None:
        return x, list(table.column_names)
    for name, column in zip(table.column_names, table.columns, strict=True):
        kind = column.type.value_type if types.is_dictionary(column.type) else column.type
        text = types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)
        if not (text or _is_number(kind) or types.is_boolean(kind) or types.is_temporal(kind)) or types.is_interval(
            kind
        ):
            raise FileRefused(
                f"Column {name!r} of {path} must hold numbers, text, times, or True and False, got {kind}: drop it, or "
                "split it into columns."
            )
    return table, list(table.column_names)


def _as_array(table: Any, as_table: bool | None) -> Array | None:
    """The columns of numbers as an array (n, columns); None where they are to stay a table."""
    try:
        x, _ = to_numpy(table)
    except InputError:
        if as_table is None:
            return None  # one array would round them
        raise
    return None if as_table is None and has_measurements(x) else x


def _is_number(kind: Any) -> bool:
    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind) or types.is_null(kind))


def stack(columns: list[Any]) -> tuple[Array, int | None]:
    """One array of columns of numbers, and the first column that it rounds, None if it is exact.

    Parameters
    ----------
    columns : arrays of int64, uint64 or float64, (rows,), null where a cell is missing.

    Returns
    -------
    array : (rows, columns) of float64 with NaN for null; of whole numbers where float64 would round them and all are.
    """
    wide = [j for j, column in enumerate(columns) if _rounds(column)]
    parts = [column.to_numpy(zero_copy_only=False) for column in columns]
    if wide and all(part.dtype.kind in "iu" for part in parts):
        with contextlib.suppress(InputError):
            dtype = wide_numbers.common_type(parts, list(range(len(parts))))
            return np.column_stack([part.astype(dtype) for part in parts]), None
    out = np.empty((len(columns[0]), len(columns)))
    for j, part in enumerate(parts):
        out[:, j] = part
    return out, wide[0] if wide else None


def _rounds(column: Any) -> bool:
    """Whether float64 would round a whole number of the column."""
    if column.type == pyarrow.float64():
        return False
    return wide_numbers.floats_round(column.drop_null().to_numpy(zero_copy_only=False), np.dtype(np.float64))


def first_rounded(column: Any) -> int:
    """The first row whose whole number float64 would round."""
    return next(i for i, cell in enumerate(column.to_pylist()) if cell is not None and int(float(cell)) != cell)
