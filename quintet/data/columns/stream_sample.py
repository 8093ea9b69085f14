"""Uniform sample of a stream of values that does not depend on how the stream is cut into chunks."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from quintet.data.columns.base import Array
from quintet.numerics.splitmix import splitmix64

SIZE = 20_000
"""Values that a sample keeps."""


@dataclass
class StreamSample:
    """The values whose positions have the smallest hashes (bottom-k sampling: Cohen and Kaplan, 2007)."""

    seen: int = 0
    values: Array = field(default_factory=lambda: np.zeros(0))
    ranks: Array = field(default_factory=lambda: np.zeros(0, dtype=np.uint64))

    def update(self, values: Array) -> None:
        """Add a chunk of values."""
        ranks = splitmix64(np.arange(self.seen, self.seen + len(values), dtype=np.uint64))
        self.seen += len(values)
        if not len(self.values):
            self.values = values[:0]
        self.values, self.ranks = np.concatenate([self.values, values]), np.concatenate([self.ranks, ranks])
        if len(self.values) > SIZE:
            kept = np.sort(np.argpartition(self.ranks, SIZE)[:SIZE])
            self.values, self.ranks = self.values[kept], self.ranks[kept]
