"""Shards of rows in memory: as many as a window has, each read once while its window lasts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

Read = Callable[[int, int], tuple[Tensor, Tensor | None]]
"""Cells and mask of the rows start .. stop-1."""


class ShardBuffer:
    """The shards that were read last.

    Parameters
    ----------
    slots : shards that are held at most.
    """

    def __init__(self, slots: int) -> None:
        self.slots = slots
        self.place: dict[int, int] = {}  # shard -> slot, the one used longest ago first
        self.values: Tensor | None = None  # (slots, shard_rows, *shape)
        self.observed: Tensor | None = None

    def rows(self, index: Tensor, shard_rows: int, total: int, read: Read) -> tuple[Tensor, Tensor | None] | None:
        """Cells and mask of the rows ``index`` (batch,); None where they lie in more shards than there are slots."""
        shard = index.div(shard_rows, rounding_mode="floor")
        wanted: list[int] = np.unique(shard.numpy()).tolist()
        if len(wanted) > self.slots:
            return None
        for number in wanted:
            if number in self.place:
                self.place[number] = self.place.pop(number)
        for number in wanted:
            if number not in self.place:
                start = number * shard_rows
                self._put(number, shard_rows, *read(start, min(start + shard_rows, total)))
        slots = torch.tensor([self.place[number] for number in wanted], dtype=torch.int64)
        slot = slots[torch.searchsorted(torch.tensor(wanted, dtype=torch.int64), shard)]
        at = slot * shard_rows + (index - shard * shard_rows)
        assert self.values is not None
        mask = None if self.observed is None else self.observed.flatten(0, 1).index_select(0, at)
        return self.values.flatten(0, 1).index_select(0, at), mask

    def _put(self, number: int, shard_rows: int, values: Tensor, observed: Tensor | None) -> None:
        """Hold a shard in a free slot, or in that of the shard that was used longest ago."""
        if self.values is None:
            self.values = values.new_empty(self.slots, shard_rows, *values.shape[1:])
            if observed is not None:
                self.observed = observed.new_empty(self.slots, shard_rows, *observed.shape[1:])
        slot = len(self.place)
        if slot >= self.slots:
            slot = self.place.pop(next(iter(self.place)))
        self.values[slot, : len(values)] = values
        if self.observed is not None and observed is not None:
            self.observed[slot, : len(observed)] = observed
        self.place[number] = slot
