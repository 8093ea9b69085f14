"""Components of calibration rows under the masks of query rows, computed in batches and cached."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from quintet.data.dataset import Rows
from quintet.models.fitted import Fitted
from quintet.tasks.detect.calibration_rows import CalibrationRows
from quintet.tasks.detect.components import measure
from quintet.tasks.detect.score_calibration import as_table

USUAL = 32
"""Calibration rows that the usual surprise of each cell under a mask is averaged over."""
PAIRS, CELLS = 2**14, 2**22
"""Most rows, and most cells of them, in memory at a time."""
REMEMBERED = 512
"""Most masks whose calibration components are cached between calls."""


@dataclass
class MaskedCalibration:
    """A mask, the calibration rows to compare its rows with, and their components under it.

    ``seen`` (cells,): the observed cells. ``order``: indices of calibration rows. ``exact``: whether these observe all
    cells of the mask. ``table`` (rows measured so far, components); ``usual`` (cells,): mean surprise in nats.
    """

    seen: Tensor
    order: Tensor
    exact: bool
    table: Tensor = field(default_factory=lambda: torch.zeros(0, 0, dtype=torch.float32))
    usual: Tensor | None = None


@dataclass(frozen=True)
class Scorer:
    """Measures components of rows under masks; ``free``: without their conditions."""

    fitted: Fitted
    held: CalibrationRows
    free: bool
    batch_rows: int

    def calibrate(self, masks: Sequence[MaskedCalibration], most: int, where: bool) -> None:
        """Measure up to ``most`` calibration rows under each mask; ``where``: compute ``usual`` as well."""
        known: OrderedDict[tuple[bytes, bool, int], MaskedCalibration]
        known = self.fitted.cache.setdefault("detect.masks", OrderedDict())
        pending = []
        for mask in masks:
            before = known.get(self._key(mask))
            if before is not None and len(before.table) > len(mask.table) and (before.usual is not None or not where):
                mask.table, mask.usual = before.table, before.usual
            new = mask.order[len(mask.table) : most]
            if len(new):
                pending.append((mask, new))
        for some in _pieces(pending, self.fitted.schema.size):
            self._measure(some, where)
        for mask, _ in pending:
            known[self._key(mask)] = mask
            known.move_to_end(self._key(mask))
        while len(known) > REMEMBERED:
            known.popitem(last=False)

    def queries(self, rows: Rows, index: Tensor, beside: Tensor) -> Iterator[Tensor]:
        """Components of rows ``index`` (n,), restricted to the cells that calibration rows ``beside`` (n,) observe too.

        Yields (n, components) in pieces of at most ``PAIRS`` rows and ``CELLS`` cells.
        """
        assert self.held.rows.observed is not None
        for start in range(0, len(index), size := _rows_in_memory(self.fitted.schema.size)):
            some = rows.take(index[start : start + size])
            seen = self.held.rows.observed[beside[start : start + size]]
            seen = seen if some.observed is None else seen & some.observed
            some = replace(some, values=some.values.masked_fill(~seen, 0), observed=seen)
            yield as_table(measure(self.fitted, some, batch_rows=self.batch_rows))

    def _measure(self, pending: Sequence[tuple[MaskedCalibration, Tensor]], where: bool) -> None:
        counts = [len(new) for _, new in pending]
        seen = torch.repeat_interleave(torch.stack([mask.seen for mask, _ in pending]), torch.tensor(counts), 0)
        rows, without = self.held.under(torch.cat([new for _, new in pending]), seen, self.free)
        first = where and any(mask.usual is None for mask, _ in pending)
        found = measure(self.fitted, rows, batch_rows=self.batch_rows, where=first, without=without)
        tables = torch.split(as_table(found), counts)
        for (mask, _), table in zip(pending, tables, strict=True):
            mask.table = torch.cat([mask.table, table]) if len(mask.table) else table
        if first:
            assert rows.observed is not None
            parts = zip(torch.split(found["surprise"], counts), torch.split(rows.observed, counts), strict=True)
            for (mask, _), (surprise, there) in zip(pending, parts, strict=True):
                if mask.usual is None:
                    mask.usual = surprise[:USUAL].sum(0) / there[:USUAL].sum(0).clamp(min=1)

    def _key(self, mask: MaskedCalibration) -> tuple[bytes, bool, int]:
        return mask.seen.numpy().tobytes(), self.free, self.batch_rows


def _rows_in_memory(cells: int) -> int:
    return max(1, min(PAIRS, CELLS // max(1, cells)))


def _pieces(
    pending: Sequence[tuple[MaskedCalibration, Tensor]], cells: int
) -> Iterator[list[tuple[MaskedCalibration, Tensor]]]:
    """Split masks into groups whose rows fit in memory together."""
    some: list[tuple[MaskedCalibration, Tensor]] = []
    total = 0
    for mask, new in pending:
        if some and total + len(new) > _rows_in_memory(cells):
            yield some
            some, total = [], 0
        some.append((mask, new))
        total += len(new)
    if some:
        yield some
