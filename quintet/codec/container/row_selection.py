"""Which rows of a file the user selects, and which rows of one block are among them."""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

import numpy as np

from quintet.codec.container.block_index import BlockEntry
from quintet.errors import InputError

Array = np.ndarray[Any, Any]


def row_numbers(rows: Any, total: int) -> range | Array:
    """The numbers, out of ``total``, of the rows that ``whole[rows]`` would select.

    ``rows`` is a slice, a list of row numbers or a mask; None selects all rows.
    """
    if rows is None:
        return range(total)
    if isinstance(rows, slice):
        return range(total)[rows]
    selected = np.asarray(rows if not isinstance(rows, range) else list(rows))
    if selected.dtype.kind == "b" and selected.shape == (total,):
        return np.flatnonzero(selected)
    if selected.ndim != 1 or (selected.dtype.kind not in "iu" and selected.size):
        raise InputError(
            f"rows must be a slice, a list of row numbers, or True/False for each of the {total} rows, got {rows!r}."
        )
    numbers = selected.astype(np.int64)
    wrong = numbers[(numbers >= total) | (numbers < -total)]
    if wrong.size:
        raise InputError(f"rows must be numbers of the file's {total} rows, counted from 0, got {wrong[0]}.")
    return np.where(numbers < 0, numbers + total, numbers)


def forward_range(rows: Any, total: int) -> range:
    """The numbers that a slice with a step of at least 1 selects, which can be read as a stream."""
    found = row_numbers(rows, total)
    assert isinstance(found, range)
    return found


def rows_in_block(wanted: range | Array, entry: BlockEntry) -> tuple[Array, Array]:
    """Positions among the ``wanted`` rows of those that a block holds, and their numbers within the block."""
    if not isinstance(wanted, range):
        places = np.flatnonzero((wanted >= entry.first) & (wanted < entry.stop))
        return places, wanted[places] - entry.first
    ascending = wanted if wanted.step > 0 else wanted[::-1]
    low, high = bisect_left(ascending, entry.first), bisect_left(ascending, entry.stop)
    within = np.array(ascending[low:high], dtype=np.int64) - entry.first
    places = np.arange(low, high)
    return places if wanted.step > 0 else len(wanted) - 1 - places, within
