"""The coarsest grid that holds the values of a block: quotient, range and low bits of each column."""

from __future__ import annotations

import numpy as np

from quintet.codec.entropy import listed_values
from quintet.codec.entropy.float_patterns import bits_of
from quintet.codec.entropy.value_grid import (
    LISTED,
    MAX_SYMBOLS,
    OWN_BITS,
    QUOTIENTS,
    SINGLE_BITS,
    ValueGrid,
    ordinals_of,
)

ENOUGH = 0.98
"""Share of a column's cells that a quotient must fit."""
SAMPLE = 2000
"""Cells of a column on which a quotient is tried first."""


def fit_grid(values: np.ndarray, different: int, with_lists: bool = False) -> ValueGrid:
    """The coarsest grid that holds the values of a block, (n, cells).

    Parameters
    ----------
    different : number of columns that may differ: 1 of images, the channels of series, which repeat from step to step,
        else all.
    with_lists : whether columns of few values may be listed.
    """
    cells, lists, parts = values.shape[1], list[np.ndarray](), []
    for column in values.reshape(-1, different).T:
        column = np.ascontiguousarray(column)
        found = fit_column(column)
        few = listed_values.listed(column, found[3], found[2]) if with_lists and column.dtype.kind == "f" else None
        if few is not None:
            found = LISTED, len(lists), 0, len(few)
            lists.append(few)
        parts.append(found)
    table = np.array(parts * (cells // different), dtype=np.int64).reshape(cells, 4)
    quotient, low, shift, size = np.ascontiguousarray(table.T)
    channels = different if 1 < different < cells else 0
    return ValueGrid(values.dtype, quotient, low, shift, size, np.full(cells, -1), tuple(lists), channels)


def fit_column(column: np.ndarray) -> tuple[int, int, int, int]:
    """The quotient, the lowest ordinal, the number of low bits and of symbols of a column."""
    quotient = 1 if column.dtype.kind != "f" else _fit_quotient(column)
    ordinal, fits = ordinals_of(column[:, None], np.array([quotient]))
    if not fits.any():
        return quotient, 0, 0, 1
    low, high = int(ordinal[fits].min()), int(ordinal[fits].max())
    shift: int = max(0, (high - low).bit_length() - (MAX_SYMBOLS - 1).bit_length())
    return quotient, low, shift, ((high - low) >> shift) + 1


def _fit_quotient(column: np.ndarray) -> int:
    finite = column[np.isfinite(column)]
    if finite.size == 0:
        return OWN_BITS
    few = finite[:: max(1, finite.size // SAMPLE)]
    singles = (SINGLE_BITS,) if column.dtype == np.float64 else ()
    # A grid finer than the spacing of the dtype fits everything and saves nothing.
    fineness = fineness_of(few)
    quotients: tuple[int, ...] = (*(q for q in QUOTIENTS if np.log2(q) < fineness), *singles)
    for quotient in quotients:
        if all(_share_that_fits(part, quotient) >= ENOUGH for part in (few, finite)):
            return quotient
    return OWN_BITS


def fineness_of(values: np.ndarray) -> float:
    """log2 of the number of floats in a unit, on average over finite values."""
    usual = np.clip(np.abs(values), values.dtype.type(1e-3), np.finfo(values.dtype).max / 2)
    return float(np.mean(-np.log2(np.spacing(usual).astype(np.float64))))


def _share_that_fits(column: np.ndarray, quotient: int) -> float:
    ordinal, fits = ordinals_of(column[:, None], np.array([quotient]))
    flat = np.zeros(1, dtype=np.int64)
    back = ValueGrid(column.dtype, flat + quotient, flat, flat, flat + 1, flat - 1).values_of(ordinal)
    # -0.0, frequent in rounded data, does not disqualify a quotient: as an exception it takes few bits.
    same = (bits_of(back) == bits_of(column[:, None])) | (column[:, None] == 0)
    return float((fits & same).mean())
