"""Columns of numbers, made of the statistics of their values."""

from __future__ import annotations

from typing import Any

from quintet.data.columns.base import EXACT, Support
from quintet.data.columns.bins import learn_bins
from quintet.data.columns.number_statistics import DECIMALS, NumberStatistics
from quintet.data.columns.numbers import Continuous, Count, Integer


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
        bins=learn_bins(numbers.cells(offset, 1, same["missing_codes"]), float(step)),
    )
    return (Count if low == 0 and declared == 0 and step == 1 else Integer)(**same, support=support)


def continuous_column(same: dict[str, Any], numbers: NumberStatistics) -> Continuous:
    """A column of numbers with the decimals that they have, at most ``DECIMALS``; else of any numbers."""
    digits = numbers.decimals if numbers.decimals <= DECIMALS else None
    support = Support(
        low=0.0 if numbers.low >= 0 else None,
        decimals=digits,
        seen_low=float(numbers.low),
        seen_high=float(numbers.high),
        bins=learn_bins(numbers.cells(0, 1, same["missing_codes"]), 0.0 if digits is None else 10.0**-digits),
    )
    return Continuous(**same, support=support)
