"""Calibration rows that a file keeps, to be scored under the holes of the rows that are asked about."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from quintet.artifacts.detection import CalibrationSet
from quintet.data.dataset import Rows

ROWS, CELLS, FEWEST = 1_024, 2**22, 20
"""Most rows that are kept, and most cells of them together, which leave at least so many rows."""


@dataclass(frozen=True)
class CalibrationRows:
    """Held-out rows in a random order, m of them, in storage type.

    ``without`` (m, 2): the first and one past the last of the reference rows that do not count for a row, or None.
    """

    rows: Rows
    without: Tensor | None

    @classmethod
    def of(cls, rows: Rows, without: Tensor | None, index: Tensor, generator: torch.Generator) -> CalibrationRows:
        """A random part of the calibration rows of ``index``, in random order."""
        most = min(ROWS, max(FEWEST, CELLS // max(1, rows.values[:1].numel())))
        kept = index[torch.randperm(len(index), generator=generator)[:most]]
        return cls(rows.take(kept), None if without is None else without[kept])

    @classmethod
    def read(cls, kept: CalibrationSet | None) -> CalibrationRows | None:
        """From what ``artifact`` gave; None for a model that keeps none."""
        return None if kept is None else cls(Rows(kept.rows, kept.observed, kept.condition), kept.without)

    def artifact(self) -> CalibrationSet:
        """What a model keeps."""
        rows = self.rows
        tensors = (rows.values, self.without, rows.observed, rows.condition)
        values, *others = (None if t is None else t.contiguous() for t in tensors)
        assert values is not None
        return CalibrationSet(values, *others)

    def __len__(self) -> int:
        return len(self.rows)

    def seeing(self, mask: Tensor) -> tuple[Tensor, bool]:
        """The rows to compare with a row whose observed cells are ``mask`` (cells,), in order, and whether all see
        these cells.

        The choice depends on masks alone, so the rows chosen remain exchangeable with a normal row.
        """
        everyone = torch.arange(len(self))
        if self.rows.observed is None:
            return everyone, True
        lacking = (mask & ~self.rows.observed.flatten(1)).sum(1)
        complete = everyone[lacking == 0]
        if len(complete) >= enough(len(self)):
            return complete, True
        return lacking.argsort(stable=True), False

    def under(self, index: Tensor, masks: Tensor, free: bool) -> tuple[Rows, Tensor | None]:
        """Rows of ``index`` (n,) with no more cells than ``masks`` (n, cells) show, and their ``without``; ``free``:
        without conditions."""
        rows = self.rows.take(index)
        seen = masks.view(rows.values.shape)
        seen = seen if rows.observed is None else seen & rows.observed
        rows = replace(rows, values=rows.values.masked_fill(~seen, 0), observed=seen)
        if free:
            rows = replace(rows, condition=None)
        return rows, None if self.without is None else self.without[index]


def enough(rows: int) -> int:
    """How many of ``rows`` calibration rows must see all of a row's cells, for the others to be left out."""
    return min(200, -(-rows // 2))
