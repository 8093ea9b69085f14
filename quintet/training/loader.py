"""Batches of rows on the device, in an order given by seed, stage and epoch."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from quintet.data.dataset import Batch, Rows, on_device
from quintet.data.large.shard_order import ShardOrder
from quintet.data.large.stored_rows import StoredRows
from quintet.data.mapped_rows import MappedRows
from quintet.errors import InputError
from quintet.row_share import ALL_ROWS, RowShare
from quintet.transfers import send

FINGERPRINTED = 4096
"""Rows that are hashed at a time."""
SPLIT = 0x5917
"""Key of the draw of validation rows, distinct from all epochs' keys."""


class Loader:
    """Batches on the device; all rows are copied there at once if they fill at most a quarter of its free memory.

    The processor never waits for a copy of a batch.

    Parameters
    ----------
    rows : Rows
    device : of the batches.
    backend : of the draws of binarised rows, see ``Noise``.
    """

    def __init__(self, rows: Rows, device: torch.device, backend: str = "cpu") -> None:
        self.device, self.backend = device, backend
        self.resident = device.type == "cpu" or _fits(rows, device)
        self.rows = _moved(rows, device) if self.resident else rows
        self._grey = self.rows if rows.chances is None else replace(self.rows, chances=None)

    def __len__(self) -> int:
        return len(self.rows)

    def order(self, seed: int, stage: int, epoch: int) -> Tensor | ShardOrder:
        """Order of the rows in an epoch, of which slices are tensors of indices; rows on disk come shard by shard."""
        if isinstance(self.rows, StoredRows):
            return self.rows.shuffled(_words(seed, stage, epoch))
        return order(len(self), seed, stage, epoch)

    def batch(self, index: Tensor | slice, share: RowShare = ALL_ROWS) -> Batch:
        """The rows of ``index``, in the model's units; of several processes a share of them."""
        if share.is_whole:
            return self._batch(index)
        if self.rows.chances is None and isinstance(index, Tensor):
            return self._batch(share.own(index))
        batch = self._batch(index)  # a binarisation is drawn for the batch as a whole
        return Batch(*(None if t is None else share.own(t) for t in _fields(batch)))  # type: ignore[arg-type]

    def _batch(self, index: Tensor | slice) -> Batch:
        if self.device.type == "cpu":
            return self.rows.batch(index)
        place = send(index, self.device) if self.resident and isinstance(index, Tensor) else index
        batch = on_device(self._grey.batch(place), self.device)
        if self.rows.chances is None:
            return batch
        chances = replace(self.rows.chances, backend=self.backend)
        return replace(batch, x=chances.drawn(batch.x, index))  # by ``index``, which lies in the processor's memory


def order(rows: int, seed: int, stage: int, epoch: int) -> Tensor:
    """Order of the rows in an epoch, a permutation of 0 .. rows-1."""
    return torch.from_numpy(np.random.default_rng(_words(seed, stage, epoch)).permutation(rows))


def _words(seed: int, stage: int, epoch: int) -> list[int]:
    return [word & 0xFFFFFFFF for word in (seed, seed >> 32, stage, epoch)]


def split_validation(rows: Rows, share: float, seed: int) -> tuple[Rows, Rows | None]:
    """Training rows, and the share ``share`` held out (at least one row unless the share is 0)."""
    if not share:
        return rows, None
    held = max(1, round(share * len(rows)))
    if held >= len(rows):
        raise InputError(
            f"validation={share} of {len(rows)} rows leaves no training rows: give more rows or validation=0."
        )
    shuffled = order(len(rows), seed, SPLIT, 0)
    return rows.take(shuffled[held:].sort().values), rows.take(shuffled[:held].sort().values)


def rows_fingerprint(rows: Rows | None) -> str:
    """Hash of the rows, which prevents resuming with other rows; "" for None."""
    if rows is None:
        return ""
    digest = hashlib.sha256(repr(rows.chances).encode() if rows.chances else b"")
    first = rows.take(slice(0, 1)).in_memory()
    for name in ("values", "observed", "condition", "weight"):
        one = getattr(first, name)
        if one is None:
            digest.update(b"none")
            continue
        digest.update(f"{one.dtype} {(len(rows), *one.shape[1:])}".encode())
        for start in range(0, len(rows), FINGERPRINTED):
            part = getattr(rows.take(slice(start, start + FINGERPRINTED)).in_memory(), name)
            digest.update(part.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _fields(held: Rows | Batch) -> tuple[Tensor | None, ...]:
    first = held.values if isinstance(held, Rows) else held.x
    return first, held.observed, held.condition, held.weight


def _moved(rows: Rows, device: torch.device) -> Rows:
    if device.type == "cpu":
        return rows  # unchanged, because a subclass of Rows may build its own batches
    values, observed, condition, weight = (None if t is None else t.to(device) for t in _fields(rows))
    assert values is not None
    return Rows(values, observed, condition, weight, rows.chances, rows.beyond)


def _fits(rows: Rows, device: torch.device) -> bool:
    if device.type != "cuda" or isinstance(rows, MappedRows | StoredRows):
        return False
    size = sum(t.numel() * t.element_size() for t in _fields(rows) if t is not None)
    return 4 * size < torch.cuda.mem_get_info(device)[0]
