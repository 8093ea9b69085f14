"""A series of files that are never whole in memory: its time stamps and its cells are read by chunk, cells to disk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from quintet.data.columns.base import Array
from quintet.data.columns.frames import read_frame
from quintet.data.large.arrow_chunks import ArrowChunks, of_files
from quintet.data.large.cells_file import write_cells
from quintet.data.large.stored_table import StoredTable
from quintet.data.large.table_files import find_files, is_table_files
from quintet.data.sequences.series.channel_columns import cells_of
from quintet.data.sequences.series.description import SeriesDescription
from quintet.data.sequences.series.grid import ON_GRID, Grid, hold_grid
from quintet.data.sequences.series.read import OneSeries, SeriesData, read_series
from quintet.data.sequences.series.source import Source
from quintet.data.sequences.series.time_axis import Ticks, TimeAxis
from quintet.data.sequences.series.time_column import find_time
from quintet.errors import InputError

FIRST = 1 << 16
"""Rows of the beginning, from which the columns and the step are found."""
PART = 1 << 18
"""Steps that are looked at together."""


def is_stream(X: Any) -> bool:
    """Whether a source is a folder or a pattern of files of Parquet, or a file of it too large for the memory."""
    if not isinstance(X, str | Path) or not is_table_files(X):
        return False
    path = Path(X).expanduser()
    return not path.is_file() or not StoredTable(of_files(find_files(X))).is_small


def read_stream(X: Any, known: SeriesDescription | None = None, *, time: str | None = None) -> SeriesData:
    """The series of files whose rows ascend in time, with its cells (steps, channels) in a mapped temporary file.

    Of rows that share a step the last one counts. Columns of text are left out.

    Raises
    ------
    InputError
        Rows run backwards in time.
    """
    chunks = of_files(find_files(X))
    first = next(chunks.chunks(), None)
    if first is None:
        raise InputError("X must hold at least one step, got none.")
    found = read_series(first.slice(0, FIRST), known, time=time)
    if found.id_column is not None:
        raise InputError(
            f"Files larger than memory must hold one series, got the names of several in {found.id_column!r}: give "
            "each series as files of its own."
        )
    own = _without_levels(found) if known is None else found
    column = own.axis.name if own.axis.kind != "step" else None
    walk = _Walk(own.axis, column, own.series[0].start)
    channels = [name for name in own.channels if name in chunks.names]
    wanted = [*channels, *(each.column for each in own.categories), *([column] if column is not None else [])]
    values = write_cells(walk.rows(chunks, wanted, channels, own), len(own.channels), chunks.stated)
    grid = Grid(walk.start, len(values), np.zeros(0, np.int64), moved=walk.moved, repeated=walk.repeated)
    series = OneSeries(values, grid, None, 0, np.zeros(0, np.int64))
    native = Source((), "pyarrow", None)
    return replace(own, series=(series,), sources=(native,), many=False, given=walk.given, empty=walk.empty)


def selected(values: Array, places: list[int]) -> Array:
    """Some channels of (steps, channels); of a mapped file again in such a file."""
    if places == list(range(values.shape[1])):
        return values
    if not isinstance(values, np.memmap):
        return values[:, places]
    return write_cells((part[:, places] for part in parts_of(values)), len(places), len(values))


def parts_of(values: Array) -> Iterator[Array]:
    """Consecutive steps of (steps, channels), few enough for memory."""
    for start in range(0, len(values), PART):
        yield np.asarray(values[start : start + PART])


def _without_levels(data: SeriesData) -> SeriesData:
    """The same without columns of text, whose levels a part of the rows does not tell."""
    count = len(data.channels) - sum(len(each.levels) for each in data.categories)
    left = (*data.left_out, *(each.column for each in data.categories))
    return replace(data, channels=data.channels[:count], dtypes=data.dtypes[:count], categories=(), left_out=left)


@dataclass
class _Walk:
    """One pass over rows in order of time.

    Parameters
    ----------
    axis, column : of time.
    start : time stamp of the first step.
    """

    axis: TimeAxis
    column: str | None
    start: Ticks
    given: int = 0
    empty: int = 0
    moved: int = 0
    repeated: int = 0

    def rows(self, chunks: ArrowChunks, wanted: list[str], channels: list[str], own: SeriesData) -> Iterator[Array]:
        """The cells of all steps in order, part by part; NaN where a step has no row."""
        done, held = 0, None
        for chunk in chunks.chunks(wanted):
            source = Source(read_frame(chunk).columns, "pyarrow", None)
            cells, places = cells_of(source, channels, own.categories), self._places(source, done)
            low = done - (held is not None)
            if (np.diff(places, prepend=low) < 0).any():
                raise InputError(
                    "Rows of files larger than memory must ascend in time, got one that is earlier than the row "
                    f"before it, after {self.given:,} rows: sort the files."
                )
            self.repeated += int((np.diff(places) == 0).sum()) + int(held is not None and places[0] == low)
            self.given += len(cells)
            self.empty += int(np.isnan(cells).sum())
            hold_grid(int(places[-1]) + 1, self.given, self.axis, self.start)
            part = np.full((int(places[-1]) + 1 - low, cells.shape[1]), np.nan)
            if held is not None:
                part[0] = held
            part[places - low] = cells
            yield part[:-1]
            held, done = part[-1], int(places[-1]) + 1
        if held is not None:
            yield held[None]

    def _places(self, source: Source, done: int) -> Array:
        """The step of each row of a chunk."""
        if self.column is None:
            return done + np.arange(source.rows)
        times = find_time(source, self.column)
        assert times is not None
        exact = (self.axis.ticks(times.stamps) - self.start) / self.axis.step
        places = np.rint(exact).astype(np.int64)
        self.moved += int((np.abs(exact - places) > ON_GRID).sum())
        return places
