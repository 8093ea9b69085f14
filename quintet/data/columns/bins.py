"""Intervals of a column of numbers that hold about equally many training values, and values that are frequent alone."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

MOST_BINS = 128
"""Most intervals of a column."""
ROWS_PER_BIN = 16
"""Training values for each interval of a small table."""
REPEATED = 4
"""Training values for each distinct one, on the average, of a column whose values have an interval each."""
FEWEST = 8
"""Intervals of the smallest tables."""
NARROW = 3e-7
"""Least width of an interval as a share of the range: above it the ends of standardised cells differ in float32."""
ALONE = 1e-12
"""Width of the interval of the only value of a column."""
LARGEST = 1e300
"""Largest edge, so that no width overflows."""

Interval = tuple[float, float]


def bins_with_counts(values: npt.NDArray[np.float64], step: float) -> dict[str, Any]:
    """``bins`` and ``counts`` of a ``Support``, of a sample of the training cells as ``learn_bins`` takes it."""
    bins = learn_bins(values, step)
    return {"bins": bins, "counts": count_in(values, bins)}


def count_in(values: npt.NDArray[np.float64], bins: tuple[Interval, ...]) -> tuple[int, ...]:
    """Number of values (n,) in each interval; a value within two of them counts for the narrower one."""
    found = np.zeros(len(bins), dtype=np.int64)
    ends = np.array(bins)
    free = np.sort(np.clip(values, -LARGEST, LARGEST))
    for i in np.argsort(ends[:, 1] - ends[:, 0], kind="stable"):
        inside = (free >= ends[i, 0]) & (free < ends[i, 1])
        found[i] = inside.sum()
        free = free[~inside]
    return tuple(found.tolist())


def learn_bins(values: npt.NDArray[np.float64], step: float) -> tuple[Interval, ...]:
    """Intervals of cells in ascending order of their centres; a frequent value has one of its own within another.

    Parameters
    ----------
    values : (n,) sample of the training cells.
    step : distance of neighbouring legal values; 0 if any number is legal.
    """
    distinct, counts = np.unique(np.clip(values, -LARGEST, LARGEST), return_counts=True)
    if not len(distinct):
        return ((-0.5, 0.5),)
    most = int(np.clip(len(values) // ROWS_PER_BIN, FEWEST, MOST_BINS))
    apart = float(np.ptp(distinct))
    width = max(step, apart * NARROW if apart else ALONE, 4 * float(np.spacing(np.abs(distinct).max())))
    if len(distinct) <= max(most, min(len(values) // REPEATED, MOST_BINS)):
        return tuple(_around(value, width) for value in distinct)
    frequent = counts >= len(values) / most
    atoms = [_around(value, width) for value in distinct[frequent]]
    others, weight = distinct[~frequent], counts[~frequent]
    pieces = _equal_parts(others, weight, max(most - len(atoms), 1), width, on_grid=step > 0 and width >= 1e-6)
    return tuple(sorted(atoms + pieces, key=lambda ends: (ends[0] + ends[1], ends[1] - ends[0])))


def of_one_value(bins: tuple[Interval, ...], step: float) -> tuple[bool, ...]:
    """Whether each interval holds a single value; ``step`` as of ``learn_bins``."""
    width = max(step, (bins[-1][1] - bins[0][0]) * NARROW if len(bins) > 1 else ALONE)
    return tuple(high - low < 1.5 * width for low, high in bins)


def _around(value: float, width: float) -> Interval:
    return float(value - width / 2), float(value + width / 2)


def _equal_parts(
    distinct: npt.NDArray[np.float64], weight: npt.NDArray[np.int64], parts: int, width: float, on_grid: bool
) -> list[Interval]:
    """Adjacent intervals of about equal weight, with edges halfway between neighbouring values, or legal ones."""
    if not len(distinct):
        return []
    below = np.cumsum(weight) / weight.sum()
    inner: list[float] = []
    if len(distinct) > 1:
        last = np.unique(np.searchsorted(below, np.arange(1, parts) / parts).clip(max=len(distinct) - 2))
        inner = [float(distinct[i] + distinct[i + 1]) / 2 for i in last]
    if on_grid:
        inner = [float(np.floor((edge - distinct[0]) / width) * width + distinct[0] + width / 2) for edge in inner]
    first, end = float(distinct[0] - width / 2), float(distinct[-1] + width / 2)
    edges = [first]
    for edge in np.unique(inner).tolist():  # none so close to its neighbours that both are equal in float32
        if edge - edges[-1] >= width / 2 and end - edge >= width / 2:
            edges.append(edge)
    return [(float(a), float(b)) for a, b in pairwise([*edges, end])]
