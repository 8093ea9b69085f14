"""Statistics of the numbers of a column, learnt chunk by chunk: the same for any cut into chunks."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from quintet.data.columns.base import EXACT, Array
from quintet.data.columns.significant_digits import MOST, significant_digits
from quintet.data.columns.stream_sample import StreamSample

DECIMALS = 6
"""Largest number of decimals that counts as the precision of a column."""


@dataclass
class NumberStatistics:
    """Range, spacing and precision of numbers, and a sample of them.

    Parameters
    ----------
    low, high : smallest and largest number, exact; None before the first one.
    whole : whether all are whole numbers that float64 holds, or are of an integer type.
    spacing : greatest common divisor of the differences of whole numbers.
    decimals : largest number of decimals, at most ``DECIMALS`` + 1.
    significant : largest number of significant digits of floats, at most ``MOST`` + 1.
    first : the first whole number.
    """

    low: Any = None
    high: Any = None
    whole: bool = True
    spacing: int = 0
    decimals: int = 0
    significant: int = 1
    first: int | None = None
    sample: StreamSample = field(default_factory=StreamSample)

    @property
    def step(self) -> int:
        """The spacing; 1 for a single number, and where float64 does not hold it."""
        return self.spacing if 0 < self.spacing <= EXACT else 1

    def update(self, numbers: Array, measured: Array | None = None) -> None:
        """Add numbers (n,) of an integer or a floating-point type.

        Parameters
        ----------
        measured : those among them that count for range, spacing and precision; None: all.
        """
        if len(numbers):
            self.sample.update(numbers)
        measured = numbers if measured is None else measured
        if len(measured):
            self._measure(measured)

    def with_numbers(self, numbers: Array) -> NumberStatistics:
        """A copy with the range, spacing and precision of further numbers, which are in the sample already."""
        out = replace(self)
        if len(numbers):
            out._measure(numbers)
        return out

    def cells(self, offset: int, step: int, without: tuple[int, ...] = ()) -> npt.NDArray[np.float64]:
        """The sampled numbers as cells: their distance from the offset in steps.

        Parameters
        ----------
        without : numbers that are left out.
        """
        numbers = self.sample.values
        if without:
            numbers = numbers[~np.isin(numbers, without)]
        if offset == 0:
            return numbers.astype(np.float64) / step
        return (numbers.astype(object) - offset).astype(np.float64) / step

    def _measure(self, numbers: Array) -> None:
        if numbers.dtype.kind == "f" and self.significant <= MOST:
            self.significant = significant_digits(numbers, self.significant)
        exact = int if numbers.dtype.kind in "iu" else float
        low, high = exact(numbers.min()), exact(numbers.max())
        self.low = low if self.low is None else min(low, self.low)
        self.high = high if self.high is None else max(high, self.high)
        if numbers.dtype.kind in "iu":
            self._space(numbers)
        elif max(abs(low), abs(high)) <= EXACT and bool((numbers == np.rint(numbers)).all()):
            self._space(numbers.astype(np.int64))
        else:
            self.whole = False
            self.decimals = _decimals(numbers, self.decimals)

    def _space(self, whole: Array) -> None:
        """Update ``spacing``; differences of 64-bit numbers are exact modulo 2^64."""
        if self.first is None:
            self.first = int(whole[0])
        wrapped, first = whole.astype(np.uint64), np.array(self.first % 2**64, dtype=np.uint64)
        apart = np.where(whole < self.first, first - wrapped, wrapped - first)
        self.spacing = math.gcd(self.spacing, int(np.gcd.reduce(apart)))


def _decimals(numbers: Array, fewest: int) -> int:
    """The number of decimals with which all numbers are written, from ``fewest`` on; ``DECIMALS`` + 1 if it is more."""
    numbers = numbers[np.abs(numbers) <= EXACT]  # larger ones have no decimals
    wide = numbers.astype(np.float64)
    for digits in range(fewest, DECIMALS + 1):
        if bool((np.round(wide, digits).astype(numbers.dtype) == numbers).all()):
            return digits
    return DECIMALS + 1
