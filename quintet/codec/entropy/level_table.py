"""Cells whose levels have tabulated cumulative probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class LevelTable:
    """P(X <= level) of each cell by its row of a table.

    Parameters
    ----------
    table : (rows of the table, levels), ascending to 1.
    place : the row of each cell, (1, rows, *shape) of int64; of a cell that nobody codes any.
    """

    table: Array
    place: Array

    def cdf(self, x: Tensor) -> Tensor:
        """P(X <= x) of each cell."""
        level = np.clip(np.floor(x.numpy()), -1, self.table.shape[1] - 1).astype(np.int64)
        found = self.table.reshape(-1)[self.place * self.table.shape[1] + np.maximum(level, 0)]
        return torch.from_numpy(np.where(level < 0, 0.0, found))

    def select(self, index: Any) -> LevelTable:
        """The cells that indexing with ``index`` keeps."""
        return LevelTable(self.table, self.place[tuple(np.asarray(each) for each in index)])
