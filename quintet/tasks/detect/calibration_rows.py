"""Calibration rows stored in a model file, to be scored under the masks of query rows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from quintet.artifacts.detection import CalibrationSet
from quintet.data.dataset import Rows

ROWS, CELLS, FEWEST = 1_024, 2**22, 20
"""Most rows stored, most cells of them together, and the fewest rows stored whatever their size."""


@dataclass(frozen=True)
class CalibrationRows:
    """Held-out rows in a random order, m of them, in storage type.

    ``without`` (m, 2): start and stop of the reference rows that each row ignores, or None.
    """

    rows: Rows
    without: Tensor | None

    @classmethod
    def of(cls, rows: Rows, without: Tensor | None, index: Tensor, generator: torch.Generator) -> CalibrationRows:
        """Draw a random subset of the calibration rows ``index``, in random order."""
        most = min(ROWS, max(FEWEST, CELLS // max(1, rows.values[:1].numel())))
        kept = index[torch.randperm(len(index), generator=generator)[:most]]
        return cls(rows.take(kept), None if without is None else without[kept])

    @classmethod
    def read(cls, kept: CalibrationSet | None) -> CalibrationRows | None:
        """Build from the stored artifact; None for a model without one."""
        return None if kept is None else cls(Rows(kept.rows, kept.observed, kept.condition), kept.without)

    def artifact(self) -> CalibrationSet:
        """The artifact to store."""
        rows = self.rows
        tensors = (rows.values, self.without, rows.observed, rows.condition)
        values, *others = (None if t is None else t.contiguous() for t in tensors)
        assert values is not None
        return CalibrationSet(values, *others)

    def __len__(self) -> int:
        return len(self.rows)

    def seeing(self, mask: Tensor) -> tuple[Tensor, bool]:
        """Indices of the rows to compare with a row whose observed cells are ``mask`` (cells,), best first, and whether
        all of them observe these cells.

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
        """Rows ``index`` (n,) restricted to the cells of ``masks`` (n, cells), and their ``without``; ``free``: without
        conditions."""
        rows = self.rows.take(index)
        seen = masks.view(rows.values.shape)
        seen = seen if rows.observed is None else seen & rows.observed
        rows = replace(rows, values=rows.values.masked_fill(~seen, 0), observed=seen)
        if free:
            rows = replace(rows, condition=None)
        return rows, None if self.without is None else self.without[index]


def enough(rows: int) -> int:
    """Number of calibration rows, out of ``rows``, that must observe all of a mask for the others to be left out."""
    return min(200, -(-rows // 2))
