"""Columns of few different floats, which lie on no grid: each value is listed once and coded by its place."""

from __future__ import annotations

import numpy as np

from quintet.codec.container.varints import ByteReader, ByteWriter
from quintet.codec.entropy.float_patterns import from_pattern, to_pattern
from quintet.errors import FileRefused

MOST = 1 << 14
"""Most different values of a listed column."""
OVERHEAD = 4.0
"""Bits that a value takes in the list beyond the mean difference of their patterns."""


def listed(column: np.ndarray, symbols: int, shift: float) -> np.ndarray | None:
    """The different values of a column of floats as ascending bit patterns, int64, where their list saves bits; else
    None.

    Parameters
    ----------
    symbols, shift : number of symbols of the column's grid, and of bits beside them.
    """
    found = np.unique(to_pattern(column[np.isfinite(column)]))
    if not 2 <= len(found) <= MOST:
        return None
    saved = len(column) * (np.log2(symbols) + shift - np.log2(len(found)))
    apart = np.log2(max(1.0, (float(found[-1]) - float(found[0])) / len(found)))
    return found if saved > len(found) * (apart + OVERHEAD) else None


def places(patterns: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The place of each value in a list, and whether it is in it."""
    own = to_pattern(values)
    place = np.searchsorted(patterns, own).clip(max=len(patterns) - 1)
    return place, (patterns[place] == own) & np.isfinite(values)


def edges(patterns: np.ndarray, place: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """The middle between each value of a list and the next one, float64."""
    low, high = (from_pattern(patterns[(place + k).clip(0, len(patterns) - 1)], dtype) for k in (0, 1))
    with np.errstate(over="ignore"):
        return np.asarray(low.astype(np.float64) / 2 + high.astype(np.float64) / 2)


def write_lists(out: ByteWriter, lists: tuple[np.ndarray, ...]) -> None:
    """Write lists of patterns as their first one and the differences."""
    for patterns in lists:
        out.varint(len(patterns))
        out.signed(int(patterns[0]))
        out.array(np.diff(patterns).astype(np.uint64))


def read_lists(source: ByteReader, count: int) -> tuple[np.ndarray, ...]:
    """The inverse of ``write_lists``."""
    found = []
    for _ in range(count):
        size = source.varint()
        if not 2 <= size <= MOST:
            raise FileRefused("The compressed file lists values as no version does: fetch it again.")
        first, steps = source.signed64(), source.array("uint64", size - 1)
        with np.errstate(over="ignore"):
            above = np.concatenate([np.zeros(1, dtype=np.uint64), np.cumsum(steps)]).astype(np.uint64)
            patterns = (above + np.array(first, dtype=np.int64).view(np.uint64)).view(np.int64)
        if (patterns[1:] <= patterns[:-1]).any():
            raise FileRefused("The compressed file lists values as no version does: fetch it again.")
        found.append(patterns)
    return tuple(found)
