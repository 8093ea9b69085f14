"""The regular grid of a series: its step, and the place of each row on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from quintet.data.sequences.series.time_axis import Ticks, TimeAxis
from quintet.errors import InputError

Array = np.ndarray[Any, Any]
OFTEN = 0.1
"""Share of the distances that must have a length for it to be the step: the shortest such."""
SPARSE, MOST_STEPS = 20, 10_000_000
"""Steps of a grid for each row, and steps in all, beyond which a grid with so many gaps is refused."""
ON_GRID = 1e-6
"""Largest distance from the grid, in steps, of a row that lies on it."""


@dataclass(frozen=True)
class Grid:
    """Where the rows of one series lie.

    Parameters
    ----------
    start : time stamp of the first step, in ticks.
    count : number of steps.
    places : (rows,) the step of each row.
    moved : rows that lie between steps.
    repeated : rows whose step has an earlier row.
    backwards : rows whose time stamp is earlier than that of the row before.
    """

    start: Ticks
    count: int
    places: Array
    moved: int = 0
    repeated: int = 0
    backwards: int = 0


def step_of(series: Sequence[Array]) -> Ticks:
    """The step of the grid: the shortest distance of neighbouring time stamps that is frequent, else the median.

    Parameters
    ----------
    series : ticks (rows,) of each series, in any order.
    """
    distances = [np.diff(np.unique(ticks)) for ticks in series]
    whole = np.concatenate(distances) if distances else np.zeros(0)
    if not len(whole):
        return 1
    if whole.dtype.kind == "f":
        scale = float(np.median(whole))
        rounded = np.round(whole / scale, 6) * scale
    else:
        rounded = whole
    lengths, counts = np.unique(rounded, return_counts=True)
    often = lengths[counts >= OFTEN * len(whole)]
    if len(often) and counts[counts >= OFTEN * len(whole)].sum() >= 0.5 * len(whole):
        found = often[0]
    else:
        found = np.median(whole)
    if whole.dtype.kind in "iu":
        return max(1, round(float(found)))
    return float(found)


def grid_of(ticks: Array, axis: TimeAxis, name: str = "") -> Grid:
    """The grid of one series with the axis' step.

    Parameters
    ----------
    ticks : (rows,) in any order.
    name : of the series, for errors.

    Raises
    ------
    InputError
        The grid would consist of gaps alone.
    """
    if not len(ticks):
        return Grid(0, 0, np.zeros(0, np.int64))
    start = ticks.min()
    exact = (ticks - start) / axis.step
    places = np.rint(exact).astype(np.int64)
    count = int(places.max()) + 1
    hold_grid(count, len(ticks), axis, start.item(), name)
    order = np.argsort(places, kind="stable")
    return Grid(
        start.item(),
        count,
        places,
        moved=int((np.abs(exact - places) > ON_GRID).sum()),
        repeated=int((np.diff(places[order]) == 0).sum()),
        backwards=int((np.diff(ticks) < 0).sum()),
    )


def hold_grid(count: int, rows: int, axis: TimeAxis, start: Ticks, name: str = "") -> None:
    """Refuse a grid of ``count`` steps that would consist of gaps alone; parameters as of ``grid_of``."""
    if count > max(MOST_STEPS, SPARSE * rows):
        raise InputError(
            f"The grid{name and ' of series ' + repr(name)} from {axis.written(start, 0)} to "
            f"{axis.written(start, count - 1)} in steps of {axis.span(1)} would have {count:,} steps for "
            f"{rows:,} rows: give the parts around its gaps as series of their own."
        )


def on_grid(cells: Array, grid: Grid) -> Array:
    """Cells (rows, channels), NaN where missing, on the grid: (count, channels) of float64.

    Several rows of one step are averaged over their observed cells.
    """
    if not grid.repeated:
        out = np.full((grid.count, cells.shape[1]), np.nan)
        out[grid.places] = cells
        return out
    there = ~np.isnan(cells)
    out = np.empty((grid.count, cells.shape[1]))
    for j in range(cells.shape[1]):
        sums = np.bincount(grid.places, np.where(there[:, j], cells[:, j], 0), grid.count)
        counts = np.bincount(grid.places, there[:, j], grid.count)
        with np.errstate(invalid="ignore"):
            out[:, j] = sums / counts
    return out
