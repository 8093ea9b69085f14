"""What a series is read from: files, frames, arrays and lists of them, as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from quintet.data.columns.base import Array
from quintet.data.columns.frame import FrameColumn
from quintet.data.columns.frames import read_frame
from quintet.data.columns.series import read_series
from quintet.data.readers.frames import as_frame, to_numpy
from quintet.data.sequences.series.description import Container
from quintet.errors import FileRefused, InputError

MOST_CHANNELS = 4_096
TABLES = (".csv", ".tsv", ".parquet", ".csv.gz", ".tsv.gz")


@dataclass(frozen=True)
class Source:
    """One table or array of measurements, one row a time stamp.

    Parameters
    ----------
    columns : its columns, (rows,) each.
    container : what it is.
    native : the frame, of a file a ``pyarrow.Table``, or the array (rows, channels).
    index : time stamps of the frame's index, which is no column; None without such.
    flat : whether an array had one axis.
    """

    columns: tuple[FrameColumn, ...]
    container: Container
    native: Any
    index: FrameColumn | None = None
    flat: bool = False

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.columns[0].values) if self.columns else 0

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return [column.name for column in self.columns]

    def column(self, name: str, what: str) -> FrameColumn:
        """The column ``name``, which the argument ``what`` asks for."""
        found = next((column for column in self.columns if column.name == name), None)
        if found is None:
            raise InputError(f"{what} must name a column, got {name!r}: columns are {', '.join(self.names)}.")
        return found


def read_source(X: Any) -> tuple[list[Source], bool]:
    """The sources of a user's series, and whether they were a list (or an array of series).

    Parameters
    ----------
    X : path of a .csv or .parquet file; a frame; an array (steps,), (steps, channels) or (series, steps, channels); or
        a list of such frames and arrays, of any lengths.
    """
    if isinstance(X, str | Path):
        return [_of_file(Path(X))], False
    if isinstance(X, np.ndarray) and X.ndim == 3:
        return [_of_array(part) for part in X], True
    if isinstance(X, list | tuple) and any(np.ndim(part) or as_frame(part) is not None for part in X[:1]):
        return [_of_one(part) for part in X], True
    return [_of_one(X)], False


def _of_one(X: Any) -> Source:
    frame = as_frame(X)
    if frame is None:
        return _of_array(to_numpy(X)[0])
    if not hasattr(frame, "columns"):
        return _of_series(frame, X)
    read = read_frame(X)
    if not read.columns:
        raise InputError("A series must have at least one column, got a frame without columns.")
    found = Source(read.columns, read.container, X)
    return replace(found, index=_index_of(X)) if read.container == "pandas" else found


def _of_series(series: Any, native: Any) -> Source:
    """A column of its own as a frame with one column."""
    name = "x0" if series.name in (None, "") else str(series.name)
    column = read_series(series, name)
    if hasattr(native, "to_frame"):
        frame = native.to_frame(name)
        return replace(Source((column,), "array", frame), container=read_frame(frame).container, index=_index_of(frame))
    return Source((column,), "array", np.asarray(series.to_numpy()), flat=True)


def _index_of(frame: Any) -> FrameColumn | None:
    """The index of a pandas frame where it holds time stamps."""
    index = getattr(frame, "index", None)
    if index is None or not str(getattr(index, "dtype", "")).startswith(("datetime64", "period")):
        return None
    if hasattr(index, "to_timestamp"):
        index = index.to_timestamp()
    series = as_frame(index.to_series())
    return read_series(series, str(index.name or "index"))


def _of_array(X: Any) -> Source:
    array = to_numpy(X)[0] if not isinstance(X, np.ndarray) or X.dtype.kind not in "biuf" else X
    if array.ndim not in (1, 2) or array.dtype.kind not in "biuf":
        raise InputError(
            f"A series must be an array (steps,) or (steps, channels) of numbers, got {array.dtype} of shape "
            f"{array.shape}: give several series as a list, or as an array (series, steps, channels)."
        )
    cells = array[:, None] if array.ndim == 1 else array
    if cells.shape[1] > MOST_CHANNELS or not cells.shape[1]:
        raise InputError(
            f"A series must have 1 to {MOST_CHANNELS:,} channels, got {cells.shape[1]:,}: an array is (steps, "
            "channels); give many series as an array (series, steps, channels)."
        )
    return Source(_array_columns(cells), "array", array, flat=array.ndim == 1)


def _array_columns(cells: Array) -> tuple[FrameColumn, ...]:
    columns = read_frame(cells).columns
    return tuple(replace(column, name=f"x{j}") for j, column in enumerate(columns))


def _of_file(path: Path) -> Source:
    from quintet.data.readers.sources import load_data

    if not path.name.lower().endswith(TABLES):
        raise FileRefused(f"A series' file must be one of {', '.join(TABLES)}, got {path}: read it yourself first.")
    table = load_data(path, table=True).x
    if isinstance(table, np.ndarray):
        return _of_array(table)
    return _of_one(table)


def names_of(sources: Sequence[Source]) -> list[str]:
    """The columns that all sources have.

    Raises
    ------
    InputError
        Two sources have other columns.
    """
    first = sources[0].names
    for place, source in enumerate(sources):
        if set(source.names) != set(first):
            raise InputError(
                f"All series must have the same columns, got {', '.join(source.names)} in series {place} and "
                f"{', '.join(first)} in the first one: rename or drop what differs."
            )
    return first
