"""Significant digits: how many numbers are written with, and numbers rounded to some."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from quintet.data.columns.base import Array

MOST = 8
"""Largest number of significant digits that counts as the precision of a column."""
EXACT_POWER = 22
"""Float64 represents each power of ten up to this one, so that one division rounds correctly."""


def significant_digits(numbers: Array, fewest: int = 1) -> int:
    """The number of significant digits that all numbers are written with, from ``fewest`` on; ``MOST`` + 1 if more."""
    for digits in range(fewest, MOST + 1):
        if digits == fewest and not _are_written_with(numbers, MOST):
            return MOST + 1
        if _are_written_with(numbers, digits):
            return digits
    return MOST + 1


def rounded(numbers: Array, digits: int) -> npt.NDArray[np.float64]:
    """Numbers (n,) with ``digits`` significant digits, each the float64 nearest to the decimal number; NaN stays."""
    out = np.array(numbers, dtype=np.float64)
    there = np.flatnonzero(np.isfinite(out) & (out != 0))
    own = out[there]
    power = digits - 1 - np.floor(np.log10(np.abs(own))).astype(np.int64)
    near = np.abs(power) <= EXACT_POWER
    unit = 10.0 ** np.where(near, np.abs(power), 0).astype(np.float64)
    steps = np.where(power > 0, own * unit, own / unit)
    found = np.where(power > 0, np.rint(steps) / unit, np.rint(steps) * unit)
    found[~near] = [float(f"{number:.{digits - 1}e}") for number in own[~near].tolist()]
    out[there] = found
    return out


def _are_written_with(numbers: Array, digits: int) -> bool:
    return bool((rounded(numbers, digits).astype(numbers.dtype) == numbers).all())
