"""Columns of numbers, made of the statistics of their values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from quintet.data.columns.base import EXACT, Support
from quintet.data.columns.bins import bins_with_counts
from quintet.data.columns.number_statistics import DECIMALS, NumberStatistics
from quintet.data.columns.numbers import Continuous, Count, Integer
from quintet.data.columns.significant_digits import MOST

RARE = 0.02
"""Largest share of numbers with more decimals than the precision of their column."""


def whole_column(same: dict[str, Any], numbers: NumberStatistics) -> Integer:
    """A column of whole numbers; numbers beyond those that float64 holds count from the smallest one."""
    low, high, step = int(numbers.low), int(numbers.high), numbers.step
    wide = max(abs(low), abs(high)) > EXACT
    offset, declared = low if wide else 0, 0.0 if low >= 0 and not wide else None
    support = Support(
        step=step,
        offset=offset,
        low=declared,
        seen_low=float(low - offset),
        seen_high=float(high - offset),
        **bins_with_counts(numbers.cells(offset, 1, same["missing_codes"]), float(step)),
    )
    return (Count if low == 0 and declared == 0 and step == 1 else Integer)(**same, support=support)


def continuous_column(same: dict[str, Any], numbers: NumberStatistics, decimals: int | None = None) -> Continuous:
    """A column of numbers with ``decimals``, or those that they have, at most ``DECIMALS``; else with the significant
    digits that they have, at most ``MOST``; else of any numbers."""
    found = numbers.decimals if decimals is None else decimals
    digits = found if found <= DECIMALS else None
    significant = numbers.significant if numbers.significant <= MOST and not numbers.whole else None
    if digits == 0 and significant and max(abs(numbers.low), abs(numbers.high)) > EXACT:
        digits = None  # numbers so large have no decimals
    support = Support(
        low=0.0 if numbers.low >= 0 else None,
        decimals=digits,
        significant=significant if digits is None else None,
        seen_low=float(numbers.low),
        seen_high=float(numbers.high),
        **bins_with_counts(numbers.cells(0, 1, same["missing_codes"]), 0.0 if digits is None else 10.0**-digits),
    )
    return Continuous(**same, support=support)


def usual_decimals(shown: Mapping[Any, int], dtype: str, most: int) -> int:
    """The number of decimals of nearly all numbers; ``DECIMALS`` + 1 if it is more.

    Their share is one of all numbers but the most frequent: many zeros do not hide the decimals of the others.

    Parameters
    ----------
    shown : number of cells of each number.
    most : the largest number of decimals, at most ``DECIMALS`` + 1.
    """
    counts = np.array(list(shown.values()))
    few = RARE * (counts.sum() - counts.max())
    numbers = np.array(list(shown), dtype=dtype)
    wide = np.clip(numbers.astype(np.float64), -EXACT, EXACT)
    for digits in range(most):
        finer = (np.round(wide, digits).astype(numbers.dtype) != numbers) & (np.abs(numbers) <= EXACT)
        if counts[finer].sum() <= few:
            return digits
    return most
