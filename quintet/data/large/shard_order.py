"""The order of rows in an epoch that reads shards of neighbouring rows, in place of single rows from everywhere."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from quintet.data.columns.base import Array

SHARDS, WITHIN = 0x5A, 0x5B
"""Keys of the draws of the shards' order and of the rows' order within a window."""


class ShardOrder:
    """A permutation of 0 .. rows-1 by windows: the rows of some shards at random places, in random order.

    A function of its key alone: any part of it can be found again without what came before. Of at most one window of
    rows it is a uniform permutation, that of ``quintet.training.loader.order``.

    Parameters
    ----------
    rows : number of rows.
    shard_rows : neighbouring rows of a shard.
    window : shards whose rows are mixed with each other.
    key : words of seed, stage and epoch.
    """

    def __init__(self, rows: int, shard_rows: int, window: int, key: Sequence[int]) -> None:
        self.rows, self.shard_rows, self.window, self.key = rows, shard_rows, window, list(key)
        shards = -(-rows // shard_rows)
        self.shards = self._rng(SHARDS).permutation(shards) if shards > window else np.arange(shards)
        held = np.full(shards, shard_rows)
        held[self.shards == shards - 1] -= shards * shard_rows - rows
        sums = np.add.reduceat(held, np.arange(0, shards, window)) if shards else np.zeros(0, dtype=np.int64)
        self.ends = np.cumsum(sums)
        self._found: tuple[int, Array] = (-1, np.zeros(0, dtype=np.int64))

    def __len__(self) -> int:
        return self.rows

    def __getitem__(self, part: slice) -> Tensor:
        """The rows at places start .. stop-1 of the order."""
        start, stop, _ = part.indices(self.rows)
        pieces = [np.zeros(0, dtype=np.int64)]
        while start < stop:
            number = int(np.searchsorted(self.ends, start, "right"))
            begin = int(self.ends[number - 1]) if number else 0
            end = min(stop, int(self.ends[number]))
            pieces.append(self._window(number)[start - begin : end - begin])
            start = end
        return torch.from_numpy(np.concatenate(pieces))

    def _window(self, number: int) -> Array:
        """The rows of a window, in their order."""
        if self._found[0] != number:
            if len(self.ends) == 1:
                found = np.random.default_rng(self.key).permutation(self.rows)
            else:
                first = self.shards[number * self.window : (number + 1) * self.window] * self.shard_rows
                every = (first[:, None] + np.arange(self.shard_rows)).reshape(-1)
                found = self._rng(WITHIN, number).permutation(every[every < self.rows])
            self._found = number, found
        return self._found[1]

    def _rng(self, *words: int) -> np.random.Generator:
        return np.random.default_rng([*self.key, *words])
