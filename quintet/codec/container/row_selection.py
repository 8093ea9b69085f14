"""Which rows of a file are asked for, and which of a block are among them."""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

import numpy as np

from quintet.codec.container.blocks import BlockEntry
from quintet.errors import InputError

Array = np.ndarray[Any, Any]


def numbers_of(rows: Any, total: int) -> range | Array:
    """The numbers of the rows that ``whole[rows]`` would give of ``total``: a slice, whole numbers, or a mask.

    None stands for all of them.
    """
    if rows is None:
        return range(total)
    if isinstance(rows, slice):
        return range(total)[rows]
    asked = np.asarray(rows if not isinstance(rows, range) else list(rows))
    if asked.dtype.kind == "b" and asked.shape == (total,):
        return np.flatnonzero(asked)
    if asked.ndim != 1 or (asked.dtype.kind not in "iu" and asked.size):
        raise InputError(
            f"rows={rows!r} came for {total} rows; allowed are a slice, a list of row numbers, or True/False for each."
        )
    numbers = asked.astype(np.int64)
    wrong = numbers[(numbers >= total) | (numbers < -total)]
    if wrong.size:
        raise InputError(f"rows= asks for row {wrong[0]}; the file's are numbered 0 to {total - 1}.")
    return np.where(numbers < 0, numbers + total, numbers)


def forward_slice(rows: Any, total: int) -> range:
    """The same of a slice with a step of at least 1, which a stream can follow."""
    found = numbers_of(rows, total)
    assert isinstance(found, range)
    return found


def part_of(wanted: range | Array, entry: BlockEntry) -> tuple[Array, Array]:
    """Where the rows of a block stand among the wanted ones, and their numbers within the block."""
    if not isinstance(wanted, range):
        places = np.flatnonzero((wanted >= entry.first) & (wanted < entry.stop))
        return places, wanted[places] - entry.first
    ascending = wanted if wanted.step > 0 else wanted[::-1]
    low, high = bisect_left(ascending, entry.first), bisect_left(ascending, entry.stop)
    within = np.array(ascending[low:high], dtype=np.int64) - entry.first
    places = np.arange(low, high)
    return places if wanted.step > 0 else len(wanted) - 1 - places, within
