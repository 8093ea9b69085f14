"""Columns of a source that the model codes, and the tiles of windows in which it codes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from quintet.data.columns.base import Array
from quintet.data.csv_text.csv_table import CsvTable
from quintet.data.plain.base import NULL, VALUE, PlainColumn, PlainFrame
from quintet.data.plain.libraries import LIBRARIES
from quintet.data.sequences.series.description import SeriesDescription
from quintet.data.sequences.series.read import read_series

EXACT = 2.0**53


@dataclass(frozen=True)
class Tiles:
    """Where the rows of a frame lie in tiles of windows without overlap.

    Parameters
    ----------
    count : number of tiles.
    tile, step : (rows,) of each row its tile and the step in it.
    """

    count: int
    tile: Array
    step: Array


def coded_columns(plain: PlainFrame, description: SeriesDescription) -> list[int]:
    """Places of the columns of a frame that the model codes: numbers that float64 holds exactly."""
    names = {description.channels[j].name for j in description.modelled}
    return [
        place
        for place, column in enumerate(plain.columns)
        if column.name in names and column.meaning == "number" and _is_exact(column)
    ]


def _is_exact(column: PlainColumn) -> bool:
    there = column.array[column.codes == VALUE]
    if not np.isin(column.codes, (VALUE, NULL)).all():
        return False
    if column.array.dtype.kind == "f":
        return bool(np.isfinite(there).all())
    return not len(there) or bool(np.abs(there.astype(np.float64)).max() < EXACT)


def without(plain: PlainFrame, places: Sequence[int]) -> PlainFrame:
    """The frame with zeros in some columns."""
    columns = list(plain.columns)
    for place in places:
        own = columns[place]
        columns[place] = own.filled(np.zeros(plain.rows, own.array.dtype), np.zeros(plain.rows, np.uint8))
    return replace(plain, columns=tuple(columns))


def tiles_of(plain: PlainFrame, description: SeriesDescription) -> Tiles:
    """The tiles of a frame, by its time stamps and its series alone.

    A series whose rows ascend in time, one a step, lies on its grid, where a gap of up to a window stays; any other
    lies row after row.
    """
    frame: Any = LIBRARIES[plain.library].from_plain(plain)
    frame = frame.table if isinstance(frame, CsvTable) else frame
    data, window = read_series(frame, description), description.window
    tile, step, count = np.zeros(plain.rows, np.int64), np.zeros(plain.rows, np.int64), 0
    for one in data.series:
        apart = np.diff(one.grid.places)
        ascends = bool((apart > 0).all())
        places = np.concatenate([[0], np.cumsum(np.minimum(apart, window))]) if ascends else np.arange(len(one.rows))
        if not len(one.rows):
            continue
        tile[one.rows], step[one.rows] = count + places // window, places % window
        count += int(places[-1]) // window + 1
    return Tiles(count, tile, step)


def to_tiles(plain: PlainFrame, coded: Sequence[int], tiles: Tiles, description: SeriesDescription) -> Array:
    """The model's rows (tiles, window, modelled channels) of float64, NaN where a tile has no row."""
    names = [description.channels[j].name for j in description.modelled]
    out = np.full((tiles.count, description.window, len(names)), np.nan)
    for place in coded:
        column = plain.columns[place]
        cells = np.where(column.codes == NULL, np.nan, column.array.astype(np.float64))
        out[tiles.tile, tiles.step, names.index(column.name)] = cells
    return out


def from_tiles(
    plain: PlainFrame, coded: Sequence[int], tiles: Tiles, description: SeriesDescription, rows: Array
) -> PlainFrame:
    """The inverse of ``to_tiles``: a frame with the values of the model's rows in its coded columns."""
    names = [description.channels[j].name for j in description.modelled]
    columns = list(plain.columns)
    for place in coded:
        own = columns[place]
        cells = rows[tiles.tile, tiles.step, names.index(own.name)]
        gone = np.isnan(cells)
        codes = np.where(gone, NULL, VALUE).astype(np.uint8)
        columns[place] = own.filled(np.where(gone, 0.0, cells).astype(own.array.dtype), codes)
    return replace(plain, columns=tuple(columns))
