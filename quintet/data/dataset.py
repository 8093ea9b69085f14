"""Rows in memory, and batches in the model's units."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from quintet.data.binarisation import Chances
from quintet.data.cell_units import cells_to_model
from quintet.data.full_mask import all_true, mask_on
from quintet.data.row_shape import as_rows
from quintet.data.schema import Array, Schema
from quintet.data.strange_cells import legal_cells
from quintet.errors import InputError
from quintet.transfers import send

BEYOND = 24 * math.log(2)
"""-log p in nats of a cell that the model cannot hold: the codec mixes in a uniform distribution over 256 levels with
the weight 2**-16."""


@dataclass(frozen=True)
class Batch:
    """A batch of rows: float32 in the model's units, 0 in missing cells."""

    x: Tensor  # (batch, *shape)
    observed: Tensor  # bool, (batch, *shape)
    condition: Tensor | None = None  # (batch, condition_dim), or places in the calendar, (batch, cycles)
    weight: Tensor | None = None  # (batch,)

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True)
class Rows:
    """All rows in their storage type; ``batch`` converts them to the model's units."""

    values: Tensor  # (n, *shape): uint8 for whole kinds, else float32 in the model's units; 0 in missing cells
    observed: Tensor | None = None  # bool, (n, *shape); None if no cell is missing
    condition: Tensor | None = None  # (n, condition_dim), or places in the calendar, (n, cycles)
    weight: Tensor | None = None  # (n,)
    chances: Chances | None = None  # stochastic binarisation of each batch
    beyond: Tensor | None = None  # bool, (n, *shape): illegal cells, the nearest legal value in ``values``

    @classmethod
    def of(
        cls,
        X: Any,
        schema: Schema,
        y: Any = None,
        mask: Any = None,
        sample_weight: Any = None,
        partly: bool = False,
    ) -> Rows:
        """Check the user's rows against the schema and convert them.

        Parameters
        ----------
        X : (n, *row_shape) array, tensor or frame; NaN is a missing cell. Images may be flat, (n, cells).
        schema : Schema
        y : the condition in a form of ``Condition.encode``; ignored if the schema has none.
        mask : (n, *row_shape) or row_shape of bool, True at missing cells.
        sample_weight : (n,) of positive numbers.
        partly : whether rows may be unlabelled, see ``Condition.encode``.
        """
        array, present = as_rows(X, schema, mask)
        present = _without_unseen(present, schema, len(array))
        array, strange = legal_cells(array, present, schema)
        values = cells_to_model(schema, array if present is None else _filled(array, present))
        observed = None
        if present is not None:
            observed = torch.from_numpy(np.array(schema.to_model_layout(present)))
            values = values.masked_fill(~observed, 0)
        condition = schema.encode_condition(y, len(array), partly)
        beyond = None if strange is None else torch.from_numpy(np.array(schema.to_model_layout(strange)))
        return cls(values, observed, condition, row_weights(sample_weight, len(array)), beyond=beyond)

    def __len__(self) -> int:
        return len(self.values)

    def batch(self, index: slice | Tensor) -> Batch:
        """The rows of ``index`` in the model's units."""
        x = _pick(self.values, index)
        return Batch(
            x.contiguous().float() if self.chances is None else self.chances.drawn(x, index),
            all_true(x.shape, x.device) if self.observed is None else _pick(self.observed, index),
            None if self.condition is None else _pick(self.condition, index),
            None if self.weight is None else _pick(self.weight, index),
        )

    def take(self, index: slice | Tensor) -> Rows:
        """The rows of ``index``, in storage type (a copy for an index tensor, a view for a slice)."""

        def pick(t: Tensor | None) -> Tensor | None:
            return None if t is None else t[index]

        observed, condition, weight = (pick(t) for t in (self.observed, self.condition, self.weight))
        return Rows(self.values[index], observed, condition, weight, self.chances, pick(self.beyond))

    def in_memory(self) -> Rows:
        """The rows with ``values`` in memory, those of a mapped file, too."""
        return self

    def resampled(self, seed: int = 0) -> Rows:
        """As many rows, each on average as often as its weight says; without weights the rows themselves.

        Stratified resampling: one row of each n-th part of the weight.
        """
        if self.weight is None:
            return self
        below = self.weight.double().cumsum(0) / self.weight.double().sum()
        within = torch.rand(len(self), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        place = (torch.arange(len(self), dtype=torch.float64) + within) / len(self)
        return replace(self.take(torch.searchsorted(below, place).clamp(max=len(self) - 1)), weight=None)

    def beyond_nats(self) -> Tensor:
        """-log p of the illegal cells, summed per row, (n,) nats."""
        if self.beyond is None:
            return torch.zeros(len(self), dtype=torch.float32)
        return BEYOND * self.beyond.flatten(1).sum(1)

    def drawn_once(self, stream: int = 0) -> Rows:
        """Sample the binarisation once for all rows; different sets of rows need different ``stream``."""
        if self.chances is None:
            return self
        return replace(self, values=self.chances.once(self.values, stream), chances=None)


def _without_unseen(present: Array | None, schema: Schema, n: int) -> Array | None:
    """Mark cells without a value in training as missing, because the model has not learnt them."""
    if not schema.unseen:
        return present
    known = np.ones(schema.size, dtype=bool)
    known[list(schema.unseen)] = False
    known = known.reshape(schema.row_shape)
    return np.broadcast_to(known, (n, *schema.row_shape)) if present is None else present & known


def _pick(t: Tensor, index: slice | Tensor) -> Tensor:
    """The rows of ``index``; ``index_select`` is four times as fast as indexing by a tensor."""
    if isinstance(index, Tensor) and index.dtype == torch.int64:
        return t.index_select(0, index)
    return t[index]


def on_device(batch: Batch, device: torch.device) -> Batch:
    """The batch with all tensors on ``device``, without waiting for it; a full mask is not copied."""
    condition = None if batch.condition is None else send(batch.condition, device)
    weight = None if batch.weight is None else send(batch.weight, device)
    return Batch(send(batch.x, device), mask_on(batch.observed, device), condition, weight)


def _filled(array: Array, present: Array) -> Array:
    return np.where(present, array, np.zeros((), dtype=array.dtype))


def row_weights(sample_weight: Any, n: int) -> Tensor | None:
    """Weights of n rows with the mean 1, (n,); None without weights."""
    if sample_weight is None:
        return None
    weight = np.asarray(sample_weight, dtype=np.float32)
    weight = np.full(n, weight) if weight.ndim == 0 else weight
    if weight.shape != (n,) or not np.isfinite(weight).all() or (weight < 0).any() or not weight.any():
        raise InputError(
            f"sample_weight must be {n} finite weights of at least 0, not all 0, one for each row, got shape "
            f"{weight.shape}."
        )
    return torch.from_numpy(weight / weight.mean())
