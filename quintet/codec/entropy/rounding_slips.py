"""Decimals with rounding errors: 51.846000000000004 is 51.846 and one unit in the last place.

A conversion of units or a sum leaves many decimals a few units in the last place away from the number that was meant.
Such a column is coded as the decimals, on their grid, and the slips, which are small and mostly 0.
"""

from __future__ import annotations

import numpy as np

from quintet.codec.container.varints import ByteReader, ByteWriter
from quintet.codec.entropy.float_patterns import from_pattern, to_pattern
from quintet.codec.entropy.grid_fit import ENOUGH, fineness_of, fit_column
from quintet.codec.entropy.listed_values import listed
from quintet.codec.entropy.value_grid import QUOTIENTS

MOST = 8
"""Largest slip, in units in the last place."""
LEAST_SAVED = 5.0
"""Bits by which the decimals must be coarser than the floats: a slip costs one to four."""
WIDEST = float(1 << 53)


def without_slips(values: np.ndarray, different: int, with_lists: bool = False) -> np.ndarray:
    """(n, cells) values, columns of decimals with rounding errors without these.

    Parameters
    ----------
    different, with_lists : as of ``fit_grid``; a column that it lists stays, since a value in a list has its slip.
    """
    if values.dtype != np.float64:
        return values
    found = values.reshape(-1, different)
    for number in range(different):
        column = np.ascontiguousarray(found[:, number])
        quotient = fit_column(column)[0]
        if quotient > 0 and not _slips(column, _nearest(column, quotient)).any():
            continue
        decimals = _decimals_of(column)
        if decimals is not None and not (with_lists and _cheaper_listed(column, decimals)):
            found = found.copy() if np.shares_memory(found, values) else found
            found[:, number] = decimals
    return values if np.shares_memory(found, values) else found.reshape(values.shape)


def _cheaper_listed(column: np.ndarray, decimals: np.ndarray) -> bool:
    """Whether a list of the column's values takes fewer bits than decimals and slips do."""
    _, _, shift, size = fit_column(decimals)
    share = np.unique(_slips(column, decimals), return_counts=True)[1] / len(column)
    return listed(column, size, shift - float(share @ np.log2(share))) is not None


def _decimals_of(column: np.ndarray) -> np.ndarray | None:
    """A column without its slips: decimals of the coarsest grid that has nearly all of it within ``MOST`` units in the
    last place; what slipped further stays. None where no grid does."""
    finite = column[np.isfinite(column)]
    if not len(finite):
        return None
    finest = fineness_of(finite) - LEAST_SAVED
    for quotient in (q for q in QUOTIENTS if np.log2(q) <= finest):
        if (np.abs(_slips(finite, _nearest(finite, quotient))) <= MOST).mean() >= ENOUGH:
            decimals = _nearest(column, quotient)
            return np.where(np.abs(_slips(column, decimals)) <= MOST, decimals, column)
    return None


def _nearest(values: np.ndarray, quotient: int) -> np.ndarray:
    """The floats nearest to k / ``quotient`` with integers k; what is too large for a grid stays."""
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = values * quotient
        return np.where(np.abs(scaled) < WIDEST, np.rint(scaled) / quotient, values)


def _slips(values: np.ndarray, decimals: np.ndarray) -> np.ndarray:
    """Units in the last place from decimals to values, int64; 0 where a value is not finite."""
    there = np.isfinite(values)
    apart = np.zeros(values.shape, dtype=np.int64)
    apart[there] = to_pattern(values[there]) - to_pattern(decimals[there])
    return apart


def write_slips(out: ByteWriter, values: np.ndarray, decimals: np.ndarray) -> None:
    """Write the slips of (n, cells) values."""
    out.array(_slips(values, decimals).astype(np.int8))


def read_slips(source: ByteReader, rows: int, cells: int) -> np.ndarray:
    """The inverse of ``write_slips``, int8 (rows, cells)."""
    return source.array("i1", rows * cells).reshape(rows, cells)


def with_slips(decimals: np.ndarray, slips: np.ndarray) -> np.ndarray:
    """The values of decimals and their slips."""
    found, here = decimals.copy(), slips != 0
    found[here] = from_pattern(to_pattern(decimals[here]) + slips[here], decimals.dtype)
    return found
