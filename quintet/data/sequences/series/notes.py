"""What was found in a source of series, in sentences."""

from __future__ import annotations

from typing import Any

import numpy as np

from quintet.data.sequences.series.read import SeriesData


def notes_of(data: SeriesData) -> list[str]:
    """Sentences on the grid, its gaps and what had to be changed to put the rows on it."""
    axis, grids = data.axis, [one.grid for one in data.series]
    steps, rows = data.steps, sum(len(one.rows) for one in data.series) if data.given is None else data.given
    several = f"{len(data.series):,} series of {_lengths(data)} steps" if len(data.series) > 1 else f"{steps:,} steps"
    if axis.kind == "step":
        out = [f"series: {several} of {_channels(data)}, without time stamps"]
    else:
        out = [f"series: {several} of {_channels(data)}, every {axis.span(1)} by {axis.name or 'the index'}"]
    if data.id_column is not None:
        out.append(f"column {data.id_column!r} names the series")
    if data.given is not None:
        gone, empty = steps - rows + grids[0].repeated, data.empty
        out += [f"{_share(gone, steps)} steps have no row and count as missing"] if gone else []
    else:
        gone = steps - sum(len(np.unique(grid.places)) for grid in grids)
        empty = sum(int(np.isnan(one.values).sum()) for one in data.series) - gone * len(data.channels)
    if gone and data.given is None:
        longest = max(_longest_gap(grid.places) for grid in grids)
        out.append(
            f"{_share(gone, steps)} steps have no row and count as missing; the longest gap is of {longest:,} "
            f"step{'' if longest == 1 else 's'}"
        )
    if empty > 0:
        out.append(f"{empty:,} cells of rows are missing")
    counts = {name: sum(getattr(grid, name) for grid in grids) for name in ("moved", "repeated", "backwards")}
    if counts["moved"]:
        out.append(f"{counts['moved']:,} of {rows:,} rows lie between steps and were moved to the nearest one")
    if counts["repeated"]:
        what = "their values were averaged" if data.given is None else "the last one counts"
        out.append(f"{counts['repeated']:,} rows share a step with another; {what}")
    if counts["backwards"]:
        out.append(f"rows were sorted by time, which runs backwards in {counts['backwards']:,} places")
    for each in data.categories:
        out.append(f"column {each.column!r} of text has {len(each.levels)} levels, which are channels of 0 and 1")
    if data.left_out:
        out.append(f"columns that hold no numbers were left out: {', '.join(data.left_out)}")
    return out


def _channels(data: SeriesData) -> str:
    return f"{len(data.channels)} channel{'' if len(data.channels) == 1 else 's'}"


def _lengths(data: SeriesData) -> str:
    shortest, longest = min(map(len, data.series)), max(map(len, data.series))
    return f"{shortest:,}" if shortest == longest else f"{shortest:,} to {longest:,}"


def _longest_gap(places: np.ndarray[Any, Any]) -> int:
    return int(np.diff(np.unique(places)).max(initial=1)) - 1


def _share(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,}" if part < 0.1 * whole else f"{part / whole:.0%} of the"
