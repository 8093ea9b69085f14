"""The rule that separates flat rows of grey levels from tables of other whole numbers.

Grey levels have one range in all cells, and pictures use both of its ends: black and white are common, in most of the
cells. Counts are rare at their highest value, which only few columns reach; codes, scores and measurements of different
things end at different values.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
FEWEST_CELLS = 16
"""Fewest varying cells of a row of grey levels: a picture of 4 x 4."""
MOST_FEW, EIGHT_BITS = 63, 255
"""The highest level is at most the first, or exactly the second."""
SPANNING = 0.5
"""Share of the varying columns that must hold 0 and the highest level."""
COMMON = 0.5
"""How common the highest level must be, in the mean frequency of the levels between it and 0. It is above 0.9 in digits
and letters, about 0.2 in binomial counts and mixed codes, and below 0.1 in Poisson counts."""


def are_grey_levels(array: Array, present: Array | None) -> bool:
    """Whether whole numbers (n, columns), at least 0, are grey levels 0 .. highest of flat pictures.

    Parameters
    ----------
    present : (n, columns), False at missing cells; None if all are observed.
    """
    if array.ndim != 2:
        return False
    lowest = (array if present is None else np.where(present, array, np.inf)).min(0)
    highest = (array if present is None else np.where(present, array, -np.inf)).max(0)
    if not may_be_grey_levels(lowest, highest):
        return False
    top = int(highest.max())
    cells = array if present is None else array[present]
    white, between = np.count_nonzero(cells == top), np.count_nonzero((cells > 0) & (cells < top))
    return bool(white >= COMMON * between / (top - 1))


def may_be_grey_levels(lowest: Array, highest: Array) -> bool:
    """Whether the smallest and largest value of each column, (columns,), are those of grey levels."""
    top = int(highest.max())
    if not (2 <= top <= MOST_FEW or top == EIGHT_BITS):
        return False
    varying, spanning = (highest > lowest).sum(), ((lowest == 0) & (highest == top)).sum()
    return bool(varying >= FEWEST_CELLS and spanning >= SPANNING * varying)
