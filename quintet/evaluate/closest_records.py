"""The distance of rows to the closest of some records: quantiles of numbers, 0 or 1 of levels, mean over the cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Cells = npt.NDArray[np.float64]
Distances = npt.NDArray[np.float32]
PAIRS = 2**21
"""Pairs of a row and a record that are compared at a time."""


@dataclass(frozen=True)
class Scale:
    """Units of the cells' distances, learnt from real rows.

    The distance of two numbers is the share of real rows between them, a half for each end; of two levels it is 0 or 1.
    A missing cell has the distance 0 from another one and 1 from any value. Gower, "A general coefficient of similarity
    and some of its properties", 1971, with ranks in place of ranges.

    Parameters
    ----------
    known : (cells,) arrays, the sorted values of each cell of numbers; empty of levels.
    is_level : (cells,) of bool.
    """

    known: tuple[Cells, ...]
    is_level: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, rows: Cells, is_level: Sequence[bool] | npt.NDArray[np.bool_]) -> Scale:
        """The scale of real rows, (n, cells), NaN where missing."""
        levels = np.asarray(is_level, dtype=bool)
        known = [
            np.zeros(0) if level else np.sort(column[~np.isnan(column)])
            for column, level in zip(rows.T, levels, strict=True)
        ]
        return cls(tuple(known), levels)

    def ranked(self, rows: Cells) -> Distances:
        """Rows with numbers as quantiles, 0..1, and codes of levels as they are; NaN where missing."""
        out = np.empty(rows.shape, dtype=np.float32)
        for cell, (column, known, level) in enumerate(zip(rows.T, self.known, self.is_level, strict=True)):
            if level:
                out[:, cell] = column
                continue
            both = np.searchsorted(known, column, "left") + np.searchsorted(known, column, "right")
            out[:, cell] = np.where(np.isnan(column), np.nan, both / max(2 * len(known), 1))
        return out

    def closest(self, rows: Cells, records: Cells) -> Distances:
        """The distance of each row to the closest record, 0..1, (n,). Memory does not grow with the rows."""
        return self.closest_places(rows, records)[0]

    def closest_places(self, rows: Cells, records: Cells) -> tuple[Distances, npt.NDArray[np.int64]]:
        """The distance of each row to the closest record, and the record's place, (n,) each; of several the first."""
        asked, kept = self.ranked(rows), self.ranked(records)
        distance, place = np.zeros(len(asked), dtype=np.float32), np.zeros(len(asked), dtype=np.int64)
        step = max(1, PAIRS // max(1, len(kept)))
        for start in range(0, len(asked), step):
            part = slice(start, start + step)
            apart = _distances(asked[part], kept, self.is_level)
            place[part] = apart.argmin(1)
            distance[part] = apart.min(1)
        return distance, place


def _distances(rows: Distances, records: Distances, is_level: npt.NDArray[np.bool_]) -> Distances:
    """Mean distance over the cells of every pair, (rows, records)."""
    total = np.zeros((len(rows), len(records)), dtype=np.float32)
    for one, other, level in zip(rows.T, records.T, is_level, strict=True):
        a, b = one[:, None], other[None]
        apart = (a != b).astype(np.float32) if level else np.abs(a - b)
        gone = np.isnan(one), np.isnan(other)
        if gone[0].any() or gone[1].any():
            apart = np.where(gone[0][:, None] | gone[1][None], gone[0][:, None] != gone[1][None], apart)
        total += apart
    return total / np.float32(max(1, len(is_level)))
