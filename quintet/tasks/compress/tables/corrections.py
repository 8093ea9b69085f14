"""What a file keeps of a column that the cells predict: the usual missing value, shifts of a time zone, exceptions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from quintet.codec.container.block_limits import MAX_CELLS
from quintet.codec.container.streams import StreamReader, StreamWriter
from quintet.codec.container.varints import ByteReader, ByteWriter
from quintet.data.columns.any_column import AnyColumn
from quintet.data.plain.base import VALUE, PlainColumn
from quintet.data.plain.objects import object_array
from quintet.errors import FileRefused
from quintet.tasks.compress.tables.predicted_column import (
    LONGEST_MARKER,
    Missing,
    differing,
    most_frequent_missing,
    no_value,
    predicted,
)

Array = np.ndarray[Any, Any]
MOST_CHARACTERS = MAX_CELLS * LONGEST_MARKER
"""Most characters of the missing cells of a column."""
MOST_SHIFTS = 1000
"""Most changes of a time zone's shift that are kept; of more, the times themselves are."""


@dataclass(frozen=True)
class Corrections:
    """The differences between a column and its prediction.

    Parameters
    ----------
    missing : the value of cells that are missing for the model.
    starts, shifts : int64, (k,): from each local time on, UTC less local time, both in the column's unit.
    wrong : (n,) of bool, True where the prediction is wrong.
    values : the values there.
    """

    missing: Missing
    starts: Array
    shifts: Array
    wrong: Array
    values: PlainColumn

    @classmethod
    def between(cls, column: AnyColumn, cells: Array, actual: PlainColumn, labels: list[str]) -> Corrections:
        """The corrections of the prediction from cells (n,) of the column."""
        missing = most_frequent_missing(cells, actual)
        guess = predicted(column, cells, actual, labels, missing)
        starts, shifts = _steps_of_zone(guess, actual, np.isnan(cells))
        wrong = differing(_moved(guess, cells, starts, shifts), actual)
        return cls(missing, starts, shifts, wrong, actual.filled(actual.array[wrong], actual.codes[wrong]))

    def applied(self, column: AnyColumn, cells: Array, like: PlainColumn, labels: list[str]) -> PlainColumn:
        """The column itself."""
        found = _moved(predicted(column, cells, like, labels, self.missing), cells, self.starts, self.shifts)
        found.array[self.wrong], found.codes[self.wrong] = self.values.array, self.values.codes
        return found

    def write(self, flags: ByteWriter, streams: StreamWriter) -> None:
        """Write them; where nothing is to be corrected, three flags."""
        usual = no_value(self.values)
        explicit = (self.missing.code, self.missing.value) != (usual.code, usual.value)
        flags.varint(int(explicit))
        if explicit:
            one = self.values.filled(_one(self.values, self.missing.value), np.array([self.missing.code], np.uint8))
            write_values(flags, streams, one)
        flags.varint(len(self.starts))
        if len(self.starts):
            streams.numbers(self.starts)
            streams.numbers(self.shifts)
        flags.varint(int(self.wrong.any()))
        if self.wrong.any():
            streams.positions(self.wrong)
            write_values(flags, streams, self.values)

    @classmethod
    def read(cls, flags: ByteReader, streams: StreamReader, like: PlainColumn, rows: int) -> Corrections:
        """The inverse of ``write``."""
        missing = no_value(like)
        if flags.varint():
            one = read_values(flags, streams, like, 1)
            missing = Missing(int(one.codes[0]), one.array[0])
            if isinstance(missing.value, str) and len(missing.value) * rows > MOST_CHARACTERS:
                raise FileRefused(
                    "The compressed file has longer missing cells than any version writes: fetch it again."
                )
        count = flags.varint()
        if count > MOST_SHIFTS:
            raise FileRefused("The compressed file holds shifts of a time zone that no version writes: fetch it again.")
        starts, shifts = (streams.numbers(np.dtype(np.int64), count) if count else np.zeros(0, np.int64) for _ in "ab")
        wrong, values = np.zeros(rows, dtype=bool), like
        if flags.varint():
            wrong = streams.positions(rows)
            values = read_values(flags, streams, like, int(wrong.sum()))
        return cls(missing, starts, shifts, wrong, values)


def write_values(flags: ByteWriter, streams: StreamWriter, column: PlainColumn) -> None:
    """All values of a column."""
    same = len(column) > 0 and bool((column.codes == column.codes[0]).all())
    flags.varint(1 + int(column.codes[0]) if same else 0)
    if not same:
        streams.numbers(column.codes)
    if column.array.dtype.kind == "O":
        streams.texts(column.array.tolist())
    else:
        streams.numbers(column.array)


def read_values(flags: ByteReader, streams: StreamReader, like: PlainColumn, count: int) -> PlainColumn:
    """The inverse of ``write_values``."""
    same = flags.varint()
    streams.refuse_more_than_allowed(count)
    codes = np.full(count, min(same - 1, 255), np.uint8) if same else streams.numbers(np.dtype(np.uint8), count)
    if like.array.dtype.kind == "O":
        return like.filled(object_array(streams.texts(count)), codes)
    return like.filled(streams.numbers(like.array.dtype, count), codes)


def _steps_of_zone(guess: PlainColumn, actual: PlainColumn, gone: Array) -> tuple[Array, Array]:
    """UTC less local time as a step function of local time; empty where there is no shift, or no simple one."""
    none = np.zeros(0, np.int64), np.zeros(0, np.int64)
    if actual.meaning != "time":
        return none
    here = ~gone & (actual.codes == VALUE)
    local, utc = guess.array[here].astype(np.int64), actual.array[here].astype(np.int64)
    order = np.argsort(local, kind="stable")
    with np.errstate(over="ignore"):
        local, shift = local[order], (utc - local)[order]
    changes = np.flatnonzero(np.diff(shift, prepend=shift[:1] + 1))
    if not shift.any() or len(changes) > min(MOST_SHIFTS, max(1, len(shift) // 8)):
        return none
    return local[changes], shift[changes]


def _moved(guess: PlainColumn, cells: Array, starts: Array, shifts: Array) -> PlainColumn:
    """The prediction in UTC."""
    if not len(starts):
        return guess
    here = ~np.isnan(cells)
    local = guess.array[here].astype(np.int64)
    at = np.clip(np.searchsorted(starts, local, side="right") - 1, 0, None)
    array = guess.array.copy()
    with np.errstate(over="ignore"):
        array[here] = (local + shifts[at]).astype(array.dtype)
    return guess.filled(array, guess.codes)


def _one(like: PlainColumn, value: Any) -> Array:
    out = np.zeros(1, like.array.dtype)
    out[0] = value
    return out
