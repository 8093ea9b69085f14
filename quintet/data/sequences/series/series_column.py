"""The column that names the series of a long table, one row a step and series."""

from __future__ import annotations

import numpy as np

from quintet.data.columns.base import Array
from quintet.data.columns.frame import FrameColumn
from quintet.data.sequences.series.source import Source

MOST = 0.5
"""Largest share of the rows that may have a name of their own."""


def find_series_column(source: Source, times: Array, name: str | None, taken: str | None) -> FrameColumn | None:
    """The column that names the series of a table; None where the table is one series.

    Found where time stamps repeat, but not within a series: a column of text, of whole numbers or of True and False.

    Parameters
    ----------
    times : (rows,) time stamps.
    name : of the column, if the user names it.
    taken : name of the time column.
    """
    if name is not None:
        return source.column(name, "series")
    repeated = len(times) - len(np.unique(times))
    if not repeated:
        return None
    fitting, stamp = [], np.unique(times, return_inverse=True)[1]
    for column in source.columns:
        if column.name == taken or column.values.array.dtype.kind not in "OiubU":
            continue
        number = numbers_of(column)[0]
        groups = int(number.max()) + 1 if len(number) else 0
        if 1 < groups <= max(2, MOST * len(number)):
            left = len(times) - len(np.unique(number * len(times) + stamp))
            fitting.append((left, column.values.array.dtype.kind != "O", groups, column))
    fitting.sort(key=lambda each: each[:3])
    return fitting[0][3] if fitting and fitting[0][0] < 0.1 * repeated else None


def numbers_of(column: FrameColumn) -> tuple[Array, list[object]]:
    """The number of each row's series, (rows,), in the order in which they first occur, and their names."""
    cells = column.values.array
    if cells.dtype.kind == "O":
        cells = np.array([str(cell) for cell in cells.tolist()])
    _, first, inverse = np.unique(cells, return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(first))
    names = [column.values.array[at] for at in np.sort(first)]
    return rank[inverse], [name.item() if isinstance(name, np.generic) else name for name in names]
