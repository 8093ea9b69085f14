"""Whether the cells of rows are the steps of a series, so that a row is drawn as a curve."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
FEWEST = 24
"""Fewest cells of a series."""
ROUGH = 0.35
"""Largest roughness of a series; 1 is what cells in random order have."""
ROWS = 500
"""Most rows that are looked at."""


def is_ordered(rows: Array, names: Sequence[str] | None = None) -> bool:
    """Whether rows (n, cells) are series: long, without names of their own for the cells, and smooth."""
    if rows.ndim != 2 or rows.shape[1] < FEWEST or not _counted(names):
        return False
    return roughness(rows[:ROWS]) < ROUGH


def roughness(rows: Array) -> float:
    """Half of von Neumann's ratio, the median over rows: 0 for smooth rows, about 1 for cells in random order.

    Σ(x_{t+1} − x_t)² / 2Σ(x_t − x̄)², von Neumann, "Distribution of the ratio of the mean square successive difference
    to the variance", 1941; rows that are constant are left out, and 1 is returned without others.
    """
    rows = np.asarray(rows, dtype=float)
    full = np.where(np.isfinite(rows), rows, np.nan)
    steps = np.nansum(np.diff(full, axis=1) ** 2, axis=1)
    centre = np.nansum(full, axis=1, keepdims=True) / np.maximum(np.isfinite(full).sum(1, keepdims=True), 1)
    spread = 2 * np.nansum((full - centre) ** 2, axis=1)
    moving = spread > 0
    return float(np.median(steps[moving] / spread[moving])) if moving.any() else 1.0


def _counted(names: Sequence[str] | None) -> bool:
    """Whether the cells have no names, or names that only count: t0, t1, t2."""
    if names is None:
        return True
    found = [re.fullmatch(r"(\D*)(\d+)\D*", str(name)) for name in names]
    if not all(found):
        return False
    numbers = [int(each[2]) for each in found if each]
    return len({each[1] for each in found if each}) == 1 and all(b > a for a, b in itertools.pairwise(numbers))
