"""The column of time stamps: named by the user, of datetimes, or of numbers that run on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quintet.data.columns import date_text
from quintet.data.columns.base import Array
from quintet.data.columns.frame import FrameColumn
from quintet.data.columns.times import dates_of_text
from quintet.data.sequences.series.source import Source
from quintet.errors import InputError

USUAL = frozenset(
    ("time", "timestamp", "datetime", "date", "ds", "t", "step", "period", "date_time", "ts", "epoch", "unix_time")
)
"""Names of columns of numbers that are time stamps where they run on."""
EVEN = 0.9
"""Share of equal distances from which a first column of numbers is the time."""


@dataclass(frozen=True)
class Times:
    """The time stamps of a source: (rows,) of datetime64 or numbers, and the column that they are from."""

    column: FrameColumn
    stamps: Array
    from_index: bool = False
    date_format: str | None = None


def find_time(source: Source, name: str | None) -> Times | None:
    """The time stamps of a source; None where no column holds such.

    Parameters
    ----------
    name : of the column, if the user names it.

    Raises
    ------
    InputError
        The named column holds no times, a time is missing, or time stamps with a zone stand beside others without.
    """
    if name is not None:
        if source.index is not None and name == source.index.name:
            return _times(source.index, from_index=True)
        column = source.column(name, "time")
        found = _times(column)
        if found is None:
            raise InputError(
                f"time must name a column of dates or numbers, got {name!r} of {column.dtype}: write dates as "
                "YYYY-MM-DD hh:mm:ss."
            )
        return found
    if source.index is not None:
        return _times(source.index, from_index=True)
    for column in source.columns:
        if column.values.array.dtype.kind == "M" or _begins_with_a_date(column):
            found = _times(column)
            if found is not None:
                return found
    if source.container == "array":  # its columns have no names
        return None
    numbers = [column for column in source.columns if column.values.array.dtype.kind in "iuf"]
    named = [column for column in numbers if _named_so(column)]
    first = [column for column in numbers[:1] if column is source.columns[0]]
    for column in [*named, *first]:
        if len(numbers) > 1 and _runs_on(column, strictly=not _named_so(column)):
            return _times(column)
    return None


def _named_so(column: FrameColumn) -> bool:
    return column.name.strip().lower().replace(" ", "_") in USUAL


def _begins_with_a_date(column: FrameColumn) -> bool:
    """Whether the first text of a column is a date."""
    values = column.values
    return (
        values.array.dtype.kind == "O"
        and len(values.present) > 0
        and date_text.parse(values.present[:1].tolist()) is not None
    )


def _runs_on(column: FrameColumn, strictly: bool) -> bool:
    """Whether numbers never stand still: ``strictly`` they ascend in nearly equal steps."""
    values = column.values
    if values.missing.any() or len(values) < 3:
        return False
    steps = np.diff(values.array.astype(np.float64))
    if not strictly:
        return bool((steps > 0).mean() > 0.5)
    return bool((steps > 0).all() and np.isclose(steps, np.median(steps), rtol=1e-6).mean() >= EVEN)


def _times(column: FrameColumn, from_index: bool = False) -> Times | None:
    """A column as time stamps; None if it holds other things."""
    values, form = column.values, column.form.date_format
    if values.array.dtype.kind == "O":
        texts = values.present.tolist()
        zoned = [date_text.ISO.fullmatch(text) for text in texts if isinstance(text, str)]
        zones = {bool(match["zone"]) for match in zoned if match and len(match[0]) > 10}
        if len(zones) > 1:
            raise InputError(
                f"Column {column.name!r} holds time stamps with a time zone beside others without: give all of them "
                "one, or none."
            )
        form = date_text.format_of(texts)
        found = dates_of_text(values)
        if found is None:
            return None
        values = found
    if values.array.dtype.kind not in "Miuf":
        return None
    if values.missing.any():
        row = int(np.flatnonzero(values.missing)[0])
        raise InputError(f"Every row must have a time stamp, got none in row {row} of {column.name!r}: drop the row.")
    if values.array.dtype.kind == "f" and not np.isfinite(values.array).all():
        raise InputError(f"Time stamps must be finite, got an infinite one in {column.name!r}: drop its row.")
    return Times(column, values.array, from_index, form)
