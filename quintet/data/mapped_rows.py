"""Rows that stay in a memory-mapped file; batches and small selections are read as they are needed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from quintet.data.dataset import Batch, Rows
from quintet.data.full_mask import all_true
from quintet.data.memory_maps import is_mapped
from quintet.data.schema import Array, Schema

IN_MEMORY = 2**28
"""Largest size in bytes of rows that are copied into memory."""


@dataclass(frozen=True)
class MappedRows(Rows):
    """Rows of uint8 without missing cells, of which ``values`` are all rows of the file, and ``places`` those in use.

    ``take`` copies up to ``IN_MEMORY`` bytes into memory, and selects places of more.
    """

    places: Tensor = field(default_factory=lambda: torch.empty(0, dtype=torch.int64))  # (n,)

    def __len__(self) -> int:
        return len(self.places)

    def batch(self, index: slice | Tensor) -> Batch:
        """The rows of ``index`` in the model's units."""
        x = self.values.index_select(0, self.places[index])
        return Batch(
            x.contiguous().float() if self.chances is None else self.chances.drawn(x, index),
            all_true(x.shape),
            None if self.condition is None else self.condition[index],
            None if self.weight is None else self.weight[index],
        )

    def take(self, index: slice | Tensor) -> Rows:
        """The rows of ``index``: in memory if they are few, else still in the file."""
        condition = None if self.condition is None else self.condition[index]
        weight = None if self.weight is None else self.weight[index]
        places = self.places[index]
        if len(places) * self.values[:1].numel() > IN_MEMORY:
            return replace(self, condition=condition, weight=weight, places=places)
        return Rows(self.values.index_select(0, places), None, condition, weight, self.chances)

    def in_memory(self) -> Rows:
        """The rows with ``values`` in memory."""
        here = self.values.index_select(0, self.places)
        return Rows(here, None, self.condition, self.weight, self.chances)

    def drawn_once(self, stream: int = 0) -> Rows:
        """Sample the binarisation once for all rows, in memory."""
        return self if self.chances is None else self.in_memory().drawn_once(stream)


def mapped_rows(rows: Rows, array: Array) -> Rows:
    """The rows, as ``MappedRows`` if ``array``, of which they were made, is mapped and larger than ``IN_MEMORY``."""
    large = is_mapped(array) and rows.values.numel() > IN_MEMORY and rows.observed is None and rows.beyond is None
    if not large or rows.values.dtype != torch.uint8:
        return rows
    places = torch.arange(len(rows), dtype=torch.int64)
    return MappedRows(rows.values, None, rows.condition, rows.weight, rows.chances, None, places)


def is_pixels(array: Array, schema: Schema) -> bool:
    """Whether a mapped array may be rows of ``MappedRows``: bytes that are the model's own."""
    return array.dtype in (np.uint8, np.bool_) and schema.is_whole
