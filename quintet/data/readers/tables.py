"""Reader of tables in .csv and .parquet files: rows, column names and labels."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from quintet.data.readers.decompression_limits import check_stated
from quintet.data.readers.frames import Array, to_labels
from quintet.data.readers.label_types import labels_of_text
from quintet.data.readers.opening import existing_file
from quintet.errors import FileRefused, InputError, nearest
from quintet.extras import extra


@dataclass(frozen=True)
class Table:
    """A table.

    ``x`` is an array (rows, columns) of numbers, NaN where a cell is missing, or of True and False; or a
    ``pyarrow.Table`` of typed columns, null where a cell is missing. ``names`` are its columns; ``y`` the labels,
    (rows,) or (rows, columns) or None, ``label_names`` their columns.
    """

    x: Any
    names: list[str]
    y: Array | None
    label_names: list[str] | None = None


def read_csv(path: str | Path, label: str | None = None, as_table: bool | None = False) -> Table:
    """Read a table with a header, delimited by commas, semicolons, tabs or bars, gzipped or not.

    Parameters
    ----------
    path : the file, in UTF-8, UTF-16 with its mark, or Windows-1252.
    label : the column of labels; several as "a,b".
    as_table : whether the rows are a ``pyarrow.Table`` if all columns are numbers; None: unless they are pixels, or
        zeros and ones.
    """
    path = existing_file(path)
    with extra("tables", str(path)):
        from quintet.data.readers.arrow.cells import read_cells
        from quintet.data.readers.arrow.header import named_columns
        from quintet.data.readers.arrow.text_rows import typed_rows
    cells = read_cells(path)
    kept = named_columns(cells.names, cells.columns, path)
    names = [cells.names[i] for i in kept]
    wanted = _wanted(label, names, path)
    if len(wanted) == len(names):
        raise FileRefused(f"{path} must have at least one column besides the labels {label!r}, got none.")
    y = [labels_of_text(cells.columns[cells.names.index(name)].to_pylist()) for name in wanted]
    x = typed_rows(cells, [i for i in kept if cells.names[i] not in wanted], path, as_table)
    if not wanted:
        return Table(x, names, None)
    names = [name for name in names if name not in wanted]
    return Table(x, names, y[0] if len(y) == 1 else np.column_stack(y), wanted)


def read_parquet(path: str | Path, label: str | None = None, as_table: bool | None = False) -> Table:
    """Read a table; the parameters are those of ``read_csv``."""
    path = existing_file(path)
    with extra("tables", str(path)):
        import pyarrow
        from pyarrow import parquet

        from quintet.data.readers.arrow import rows
        from quintet.data.readers.arrow.header import named_once
    try:
        file = parquet.ParquetFile(path)
        check_stated(path, path.stat().st_size, 8 * file.metadata.num_rows * file.metadata.num_columns)
        named_once(file.schema_arrow.names, path)
        table = rows.without_index(file.read())
    except FileRefused:
        raise
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise FileRefused(f"{path} must be a .parquet file, got another or damaged file: write it again.") from error
    return rows_of(table, path, label, as_table)


def rows_of(table: Any, where: str | Path, label: str | None = None, as_table: bool | None = False) -> Table:
    """The rows and labels of a ``pyarrow.Table``.

    Parameters
    ----------
    where : its file or database, for errors.
    label, as_table : those of ``read_csv``.
    """
    with extra("tables", str(where)):
        from quintet.data.readers.arrow import rows
        from quintet.data.readers.arrow.header import named_once
    named_once(table.column_names, where)
    y, wanted = None, _wanted(label, table.column_names, where)
    if len(wanted) == table.num_columns:
        raise FileRefused(f"{where} must have at least one column besides the labels {label!r}, got none.")
    if wanted:
        y, _ = to_labels(table.select(wanted))
        table = table.drop_columns(wanted)
    x, names = rows.table_rows(table, where, as_table)
    return Table(x, names, y[:, 0] if y is not None and len(wanted) == 1 else y, wanted or None)


def _wanted(label: str | None, names: list[str], path: str | Path) -> list[str]:
    """The requested label columns: one, or several separated by commas."""
    if label is None:
        return []
    found = [label] if label in names else list(dict.fromkeys(part.strip() for part in label.split(",")))
    for name in found:
        if name not in names:
            shown = names if len(names) <= 20 else get_close_matches(name, names, n=3) or [*names[:20], "..."]
            raise InputError(f"{path} has no column {name!r}: {nearest(name, shown)}.")
    return found
