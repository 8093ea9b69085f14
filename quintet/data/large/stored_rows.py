"""Rows whose cells stay in a mapped file, in the user's units, and are converted as they are read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from quintet.data.dataset import Batch, Rows
from quintet.data.full_mask import all_true
from quintet.data.large.shard_buffer import ShardBuffer
from quintet.data.large.shard_order import ShardOrder
from quintet.data.memory_maps import is_mapped
from quintet.data.schema import Array, Schema

IN_MEMORY = 2**28
"""Bytes of cells, as 32-bit floats, up to which a mapped array is converted at once."""
SELECTED = 2**28
"""Bytes of cells up to which selected rows are read into memory."""
SHARD_CELLS, WINDOW_CELLS = 2**17, 2**24
"""Cells of a shard, which is read as one piece, and of the shards that are in memory together."""
MOST_WINDOW_ROWS = 2**20


@dataclass(frozen=True)
class StoredRows(Rows):
    """Rows of ``array``, (all rows, *row_shape), of which ``places`` are in use; None: all.

    ``values`` has a shape and no cells. ``observed`` is None; batches and what ``take`` reads have their masks.
    ``check`` is called before the file is read.
    """

    array: Array = field(default_factory=lambda: np.zeros((0, 1)))
    schema: Schema | None = None
    places: Tensor | None = None
    shard_rows: int = 1
    window: int = 1
    check: Callable[[], None] = lambda: None
    _buffer: ShardBuffer = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_buffer", ShardBuffer(self.window))  # the class is frozen

    def __len__(self) -> int:
        return len(self.array) if self.places is None else len(self.places)

    def read(self, index: slice | Tensor) -> Rows:
        """The rows of ``index``, in memory."""
        schema = self.schema
        assert schema is not None
        self.check()
        if isinstance(index, Tensor) and not len(index):
            return self.read(slice(0, 1)).take(slice(0, 0))
        rows = Rows.of(_rows_at(self.array, index if self.places is None else self.places[index]), schema)
        observed = rows.observed
        if observed is None and schema.missing:
            observed = torch.ones(rows.values.shape, dtype=torch.bool)
        return Rows(rows.values, observed, *self._labels(index), None, rows.beyond)

    def batch(self, index: slice | Tensor) -> Batch:
        """The rows of ``index`` in the model's units; shards of neighbouring rows stay in memory for a while."""
        found = None
        if isinstance(index, Tensor) and len(index):
            found = self._buffer.rows(index, self.shard_rows, len(self), self._shard)
        if found is None:
            return self.read(index).batch(slice(None))
        values, observed = found
        mask = all_true(values.shape) if observed is None else observed
        return Batch(values.float(), mask, *self._labels(index))

    def take(self, index: slice | Tensor) -> Rows:
        """The rows of ``index``: in memory if they are few, else still in the file."""
        condition, weight = self._labels(index)
        if isinstance(index, slice):
            index = torch.arange(*index.indices(len(self)), dtype=torch.int64)
        if 4 * len(index) * self.array[:1].size <= SELECTED:
            return self.read(index)
        places = index if self.places is None else self.places[index]
        values = self.values[:1].expand(len(index), *self.values.shape[1:])
        return replace(self, values=values, condition=condition, weight=weight, places=places)

    def in_memory(self) -> Rows:
        """All rows in memory."""
        return self.read(slice(None))

    def shuffled(self, key: list[int]) -> ShardOrder:
        """The order of an epoch."""
        return ShardOrder(len(self), self.shard_rows, self.window, key)

    def _shard(self, start: int, stop: int) -> tuple[Tensor, Tensor | None]:
        rows = self.read(slice(start, stop))
        return rows.values, rows.observed

    def _labels(self, index: slice | Tensor) -> tuple[Tensor | None, Tensor | None]:
        condition = None if self.condition is None else self.condition[index]
        return condition, None if self.weight is None else self.weight[index]


def is_large(array: Any) -> bool:
    """Whether cells are mapped and too many to be converted at once."""
    return isinstance(array, np.ndarray) and is_mapped(array) and 4 * array.size > IN_MEMORY


def stored_rows(
    array: Array, schema: Schema, condition: Tensor | None, weight: Tensor | None, check: Callable[[], None]
) -> StoredRows:
    """All rows of a mapped array (n, *row_shape)."""
    shape = schema.to_model_layout(np.empty((1, *schema.row_shape), dtype=np.uint8)).shape[1:]
    values = torch.empty(1, *shape, dtype=torch.float32, device="meta").expand(len(array), *shape)
    shard = max(1, SHARD_CELLS // schema.size)
    window = max(1, min(WINDOW_CELLS // schema.size, MOST_WINDOW_ROWS) // shard)
    return StoredRows(
        values,
        None,
        condition,
        weight,
        array=array,
        schema=schema,
        shard_rows=shard,
        window=window,
        check=check,
    )


def _rows_at(array: Array, where: slice | Tensor) -> Array:
    """Rows of a mapped array, read as one piece where they lie close together, else in ascending order."""
    if isinstance(where, slice):
        return np.array(array[where])
    index = where.numpy()
    if not len(index):
        return np.array(array[:0])
    low, high = int(index.min()), int(index.max())
    if high - low < 2 * len(index) + 64:
        piece = np.array(array[low : high + 1])
        some: Array = piece[index - low]
        return some
    order = np.argsort(index, kind="stable")
    found = np.empty((len(index), *array.shape[1:]), dtype=array.dtype)
    found[order] = array[index[order]]
    return found
