"""Whether a file is a series: time stamps that run on in nearly equal steps, and numbers beside them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from quintet.data.readers.opening import reading
from quintet.data.sequences.series.read import SeriesData, read_series
from quintet.data.sequences.series.source import TABLES
from quintet.data.sequences.series.time_column import USUAL
from quintet.errors import InputError

FEWEST = 50
"""Steps of a series that is recognised."""
REGULAR, FORWARD = 0.5, 0.98
"""Share of rows that follow the row before by one step, and in time."""
REGULAR_LEVELS = 0.75
"""Share that follow by one step where columns of text stand beside the numbers: many tables of cases or events have a
date, levels and numbers, but few have a row for each step of a clock."""
HEAD = 1 << 16
STAMP = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}", re.ASCII)


def recognised(path: Path) -> SeriesData | None:
    """The series of a .csv or .parquet file; None for any other file.

    A table with time stamps is a series if its rows follow each other in time, half of them by one step, and all
    columns but the time and one name of the series are numbers; or three quarters of them by one step, and the other
    columns are numbers and text of few levels.
    """
    if not path.name.lower().endswith(TABLES) or not path.is_file() or not _may_hold_times(path):
        return None
    try:
        data = read_series(path)
    except InputError:
        return None
    if data.axis.kind == "step" or data.left_out or max(map(len, data.series)) < FEWEST:
        return None
    if data.axis.kind == "number" and (data.axis.name or "").strip().lower() not in USUAL:
        return None
    rows = [one for one in data.series if len(one.rows) > 1]
    steps = np.concatenate([np.diff(one.grid.places) for one in rows]) if rows else np.zeros(0)
    regular = REGULAR_LEVELS if data.categories else REGULAR
    if not len(steps) or (steps > 0).mean() < FORWARD or (steps == 1).mean() < regular:
        return None
    return data


def _may_hold_times(path: Path) -> bool:
    """Whether the first lines of a file, or the schema of a .parquet file, allow a column of time stamps."""
    if path.name.lower().endswith(".parquet"):
        return True
    with reading(path) as file:
        lines = file.read(HEAD).decode("latin-1").replace("\0", "").splitlines()[:3]
    names = {re.sub(r"\W", "", name).lower() for name in re.split(r"[,;\t|]", lines[0])} if lines else set()
    return bool(names & {name.replace("_", "") for name in USUAL}) or any(STAMP.search(line) for line in lines[1:])
