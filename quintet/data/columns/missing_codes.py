"""Numbers that stand for a missing value, such as -999 in a column of temperatures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CODES = (-9999, -999, 9999, 99999)
"""Numbers that are often written for a missing value."""
FEWEST = 10
"""Fewest other values of a column."""
REPEATED = 2
"""Fewest cells with the code."""
APART = 10
"""Smallest distance of a code from the other values, in ranges of these."""


def missing_codes(counts: Mapping[int, int], low: Any, high: Any, others: int) -> tuple[int, ...]:
    """The codes among ``CODES`` that are clearly set apart from all other numbers of a column.

    A code is repeated, and further from the other values than ten times their range, or the only negative number.

    Parameters
    ----------
    counts : number of cells with each code.
    low, high : range of the other numbers; None if there is none.
    others : number of cells with other numbers.
    """
    if others < FEWEST or low is None or not low < high:
        return ()
    return tuple(code for code in CODES if counts.get(code, 0) >= REPEATED and _set_apart(code, low, high))


def _set_apart(code: int, low: Any, high: Any) -> bool:
    if code < 0 <= low:
        return True
    return bool(max(low - code, code - high) > APART * (high - low))
