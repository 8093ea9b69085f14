"""Cells of a text file to rows: an array of numbers, or a table of typed columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow

from quintet.data.readers.arrow import columns as text_columns
from quintet.data.readers.arrow import rows
from quintet.data.readers.arrow.cells import TextCells
from quintet.data.readers.arrow.header import check_header_is_no_row


def typed_rows(cells: TextCells, kept: list[int], path: Path, as_table: bool | None = False) -> Any:
    """The rows of the columns ``kept`` of a text file, as in ``Table.x``; empties ``cells.columns``."""
    names = [cells.names[i] for i in kept]
    texts = []
    for name, i in zip(names, kept, strict=True):
        texts.append(text_columns.TextColumn.of(name, cells.columns[i]))
        cells.columns[i] = None  # release the cells
    columns = text_columns.typed_columns(texts, cells.delimiter, path, cells.line)
    check_header_is_no_row(names, columns, path)
    table = pyarrow.table(columns, names=names)
    if as_table or rows.is_mixed(table):
        return table
    if pyarrow.types.is_boolean(columns[0].type):
        return np.column_stack([column.to_numpy(zero_copy_only=False) for column in columns])
    x, rounded = rows.stack(columns)
    if as_table is None and (rounded is not None or rows.has_measurements(x)):
        return table
    if rounded is not None:
        row = rows.first_rounded(columns[rounded])
        raise text_columns.inexact(names[rounded], str(columns[rounded][row]), path, cells.line(row))
    return x
