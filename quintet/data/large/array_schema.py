"""The schema of a mapped array of floats, learnt part by part; what ``Schema.infer`` learns of rows in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from quintet.data.cell_checks import check_cells
from quintet.data.cell_kinds import Kind, kind_of_summary, named_kind
from quintet.data.condition import Condition
from quintet.data.constant_cells import FEWEST
from quintet.data.grey_levels import COMMON, may_be_grey_levels
from quintet.data.kind_columns import shared_support
from quintet.data.row_checks import check_rows
from quintet.data.scaling import moments_without_nan, parts_of
from quintet.data.schema import Array, Schema
from quintet.data.sequences.pooled_steps import by_channel, of_every_step


@dataclass
class Summary:
    """Statistics of each cell, (cells,), over its observed values."""

    low: Array
    high: Array
    count: Array
    first: Array
    same: Array
    total: float = 0.0
    rows: int = 0
    whole: bool = True

    @classmethod
    def of(cls, flat: Array) -> Summary:
        """Of rows (n, cells) of floats, NaN where missing."""
        cells = flat.shape[1]
        found = cls(
            np.full(cells, np.inf),
            np.full(cells, -np.inf),
            np.zeros(cells, dtype=np.int64),
            np.full(cells, np.nan),
            np.ones(cells, dtype=bool),
        )
        for part in parts_of(flat):
            found._add(flat[part])
        return found

    def _add(self, part: Array) -> None:
        there = ~np.isnan(part)
        self.rows += len(part)
        self.count += there.sum(0)
        self.low = np.minimum(self.low, np.where(there, part, np.inf).min(0))
        self.high = np.maximum(self.high, np.where(there, part, -np.inf).max(0))
        new = np.isnan(self.first) & there.any(0)
        self.first = np.where(new, part[there.argmax(0), np.arange(part.shape[1])], self.first)
        self.same &= ((part == self.first) | ~there).all(0)
        filled = np.where(there, part, 0)
        self.whole = self.whole and bool((filled == np.rint(filled)).all())
        self.total += float(filled.sum(dtype=np.float64))

    @property
    def missing(self) -> bool:
        """Whether a cell is missing."""
        return bool((self.count < self.rows).any())


def infer_stored(
    array: Array, y: Any = None, kind: str = "auto", unlabelled: Any = None, sequential: bool = False
) -> Schema:
    """The schema of mapped rows (n, *row_shape) of floats; parameters as of ``Schema.infer``."""
    check_rows(array)
    flat = array.reshape(len(array), -1)
    size, steps = flat.shape[1], array.shape[1] if sequential else 1
    seen = Summary.of(flat)
    found = _kind(array, flat, seen, sequential) if kind == "auto" else named_kind(kind)
    for part in parts_of(flat):
        there = ~np.isnan(flat[part])
        check_cells(flat[part], None if there.all() else there, found)
    pooled = Summary.of(by_channel(flat, steps)) if sequential else seen
    loc, scale = moments_without_nan(by_channel(flat, steps))[:2] if found == "real" else (np.zeros(0), np.zeros(0))
    top = int(max(0.0, float(seen.high.max())))
    levels = _levels(found, top)
    highest = shared_support(found, levels).high
    cells = int(seen.count.sum())
    middle = 0.5 if highest is None or not cells else min(1.0, seen.total / cells / highest)
    return Schema(
        row_shape=array.shape[1:],
        sequential=sequential,
        kind=found,
        dtype=str(array.dtype),
        levels=levels,
        middle=middle,
        loc=tuple(np.tile(loc, steps).tolist()),
        scale=tuple(np.tile(scale, steps).tolist()),
        missing=seen.missing,
        unseen=of_every_step(np.flatnonzero(pooled.count == 0).tolist(), size, steps),
        constant=of_every_step(_constants(pooled), size, steps),
        condition=None if y is None else Condition.infer(y, unlabelled),
    )


def _kind(array: Array, flat: Array, seen: Summary, sequential: bool) -> Kind:
    if sequential:
        return "real"
    if not seen.count.any():
        return "real"
    low, high = float(seen.low.min()), float(seen.high.max())
    grey = seen.whole and low >= 0 and array.ndim == 2 and _are_grey(flat, seen)
    return kind_of_summary(low, high, seen.whole, grey, array.ndim, flat.shape[1], array.dtype)


def _are_grey(flat: Array, seen: Summary) -> bool:
    """The rule of ``are_grey_levels``."""
    top = int(seen.high.max())
    if not may_be_grey_levels(seen.low, seen.high):
        return False
    white = between = 0
    for part in parts_of(flat):
        white += int(np.count_nonzero(flat[part] == top))
        between += int(np.count_nonzero((flat[part] > 0) & (flat[part] < top)))
    return bool(white >= COMMON * between / (top - 1))


def _levels(kind: Kind, top: int) -> int:
    if kind not in ("image8", "count", "token"):
        return 2 if kind == "binary" else 256
    if kind in ("count", "token"):
        return max(top, 1) + 1
    return top + 1 if 1 <= top <= 63 else 256


def _constants(seen: Summary) -> Iterator[tuple[int, float]]:
    fixed = np.flatnonzero(seen.same & (seen.count >= FEWEST))
    return ((int(place), float(seen.first[place])) for place in fixed)
