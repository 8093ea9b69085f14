"""Series of any source on their grids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from quintet.data.columns.base import Array
from quintet.data.sequences.series.axis import axis_of
from quintet.data.sequences.series.categories import Category
from quintet.data.sequences.series.channel_columns import LEVEL, cells_of, channels_of
from quintet.data.sequences.series.description import Container, SeriesDescription
from quintet.data.sequences.series.grid import Grid, grid_of, on_grid, step_of
from quintet.data.sequences.series.series_column import find_series_column, numbers_of
from quintet.data.sequences.series.source import Source, names_of, read_source
from quintet.data.sequences.series.time_axis import Ticks, TimeAxis
from quintet.data.sequences.series.time_column import Times, find_time
from quintet.errors import InputError


@dataclass(frozen=True)
class OneSeries:
    """One series on its grid.

    Parameters
    ----------
    values : (steps, channels) of float64, NaN where missing.
    grid : its start, and the place of each of its rows.
    name : as the series column has it; None without one.
    source, rows : number of the source, and the rows (k,) of it that are this series.
    """

    values: Array
    grid: Grid
    name: Any
    source: int
    rows: Array

    def __len__(self) -> int:
        return len(self.values)

    @property
    def start(self) -> Ticks:
        """Time stamp of the first step, in ticks."""
        return self.grid.start

    @property
    def is_regular(self) -> bool:
        """Whether each row is one step, in order."""
        return len(self.rows) == self.grid.count and bool((np.diff(self.grid.places) == 1).all())


@dataclass(frozen=True)
class SeriesData:
    """The series of a user's source.

    Parameters
    ----------
    series : in the order in which they first occur.
    axis : the axis of time, the same for all.
    channels : names of the channels.
    dtypes : the user's types of the channels.
    categories : columns of text whose levels are the last channels.
    left_out : names of columns that are no channels.
    id_column : the column that names the series.
    container, many : the form of the source: of one, and whether there was a list of them.
    sources : what was read.
    from_index : whether the time is the frames' index.
    given, empty : of a stream, whose rows are not kept, the number of its rows and of their missing cells.
    """

    series: tuple[OneSeries, ...]
    axis: TimeAxis
    channels: tuple[str, ...]
    dtypes: tuple[str, ...]
    left_out: tuple[str, ...]
    id_column: str | None
    container: Container
    many: bool
    sources: tuple[Source, ...]
    from_index: bool = False
    categories: tuple[Category, ...] = ()
    given: int | None = None
    empty: int = 0

    @property
    def steps(self) -> int:
        """Steps of all series."""
        return sum(map(len, self.series))


def read_series(
    X: Any,
    known: SeriesDescription | None = None,
    *,
    time: str | None = None,
    series: str | None = None,
    name: str = "X",
) -> SeriesData:
    """Put the rows of a source on regular grids.

    Parameters
    ----------
    X : as of ``read_source``.
    known : of a fitted model: its axis of time, its channels and its column of names.
    time, series : names of the column of time stamps and of the column that names the series; None: found.
    """
    sources, many = read_source(X)
    if not sources or not any(source.rows for source in sources):
        raise InputError(f"{name} must hold at least one step, got none.")
    names = names_of(sources)
    if known is not None:
        time, series = known.time.name if known.time.kind != "step" else None, known.id_column
    found = [_times_of(source, time, known) for source in sources]
    axis = known.time if known is not None else axis_of(found)
    taken = None if found[0] is None or found[0].from_index else found[0].column.name
    split = _split(sources, found, series, taken)
    channels, categories = channels_of(sources, names, known, {taken, split.column})
    ticks = [_ticks(axis, found[at], sources[at])[rows] for at, rows in zip(split.source, split.rows, strict=True)]
    if known is None and axis.kind != "step":
        axis = axis.model_copy(update={"step": step_of(ticks)})
    cells = [cells_of(source, channels, categories) for source in sources]
    made = []
    for own, at, rows, label in zip(ticks, split.source, split.rows, split.names, strict=True):
        grid = grid_of(own, axis, "" if label is None else str(label))
        made.append(OneSeries(on_grid(cells[at][rows], grid), grid, label, at, rows))
    return SeriesData(
        tuple(made),
        axis,
        (*channels, *(name for each in categories for name in each.channels)),
        (
            *(sources[0].column(each, "X").dtype for each in channels),
            *(LEVEL for each in categories for _ in each.levels),
        ),
        tuple(each for each in names if each not in {*channels, *(c.column for c in categories), taken, split.column}),
        split.column,
        sources[0].container,
        many,
        tuple(sources),
        found[0] is not None and found[0].from_index,
        categories,
    )


@dataclass(frozen=True)
class _Split:
    """Which rows of which source are one series."""

    column: str | None
    source: list[int]
    rows: list[Array]
    names: list[Any]


def _split(sources: Sequence[Source], times: Sequence[Times | None], series: str | None, taken: str | None) -> _Split:
    """Part the rows by the column that names the series."""
    out = _Split(None, [], [], [])
    for at, (source, found) in enumerate(zip(sources, times, strict=True)):
        column = None
        if series is not None:
            column = source.column(series, "series")
        elif found is not None and len(sources) == 1:
            column = find_series_column(source, found.stamps, None, taken)
        if column is None:
            out.source.append(at)
            out.rows.append(np.arange(source.rows))
            out.names.append(None)
            continue
        number, names = numbers_of(column)
        order = np.argsort(number, kind="stable")
        ends = np.cumsum(np.bincount(number, minlength=len(names)))
        out.source.extend([at] * len(names))
        out.rows.extend(np.split(order, ends[:-1]))
        out.names.extend(names)
        out = _Split(column.name, out.source, out.rows, out.names)
    return out


def _times_of(source: Source, name: str | None, known: SeriesDescription | None) -> Times | None:
    """The time stamps of a source, of the kind that a fitted model has."""
    if known is not None and known.time.kind == "step":
        return None
    if known is not None and name is not None and source.index is not None and name not in source.names:
        name = source.index.name  # the index of a frame has no name of its own
    found = find_time(source, name)
    if found is None and name is not None:
        raise InputError(f"time must name a column of dates or numbers, got {name!r}.")
    if known is not None and found is not None and (found.stamps.dtype.kind == "M") != (known.time.unit is not None):
        want = "dates" if known.time.unit is not None else "numbers"
        raise InputError(f"Time stamps must be {want} as in training, got {found.column.dtype}: convert them.")
    return found


def _ticks(axis: TimeAxis, times: Times | None, source: Source) -> Array:
    """The ticks (rows,) of a source."""
    return np.arange(source.rows) if times is None else axis.ticks(times.stamps)
