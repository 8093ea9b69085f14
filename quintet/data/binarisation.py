"""Grey cells as chances of a one: zeros and ones that are drawn anew in each batch, or once for all."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from quintet.data.schema import Array, Schema
from quintet.noise import Noise

KIND = "binarised"
"""What ``fit`` is told to take its rows so; the model's own kind is "binary"."""
STREAM = 0xB1
BLOCK = 4096
"""Rows drawn at a time where all are drawn once."""


@dataclass(frozen=True)
class Chances:
    """A cell is 1 with the chance grey / ``top``: Burda et al., "Importance weighted autoencoders", 2016, section 5.

    The draw depends on the seed and on which rows are asked for together, in which order: two epochs of many rows do
    not share it, and a resumed run repeats it.
    """

    top: int  # the grey value that is always a one
    seed: int

    def drawn(self, grey: Tensor, index: slice | Tensor) -> Tensor:
        """Zeros and ones for the rows ``grey`` (batch, *shape) of place ``index``, float32."""
        noise = Noise((self.seed, STREAM, *_key(index)), device=grey.device)
        return (noise.uniform(len(grey), *grey.shape[1:])[0] * self.top < grey).float()

    def once(self, values: Tensor, stream: int) -> Tensor:
        """Zeros and ones for all rows, uint8; other rows take another ``stream``."""
        ones = values.new_empty(values.shape).byte()
        for start in range(0, len(values), BLOCK):
            noise = Noise((self.seed, STREAM, stream, start), device=values.device)
            grey = values[start : start + BLOCK]
            ones[start : start + BLOCK] = noise.uniform(len(grey), *grey.shape[1:])[0] * self.top < grey
        return ones


def grey_schema(X: Any, y: Any, mask: Array | None, unlabelled: Any, array: Array) -> Schema:
    """The schema of rows that hold chances: floats up to 1 as they are, whole numbers over their highest level."""
    floats = array.dtype.kind == "f" and bool(np.nanmax(array, initial=0) <= 1)
    return Schema.infer(X, y, "unit" if floats else "image8", mask, unlabelled)


def top_of(grey: Schema) -> int:
    """The cell that is a one for certain."""
    return grey.levels - 1 if grey.kind == "image8" else 1


def binary_schema(grey: Schema, mean: float) -> Schema:
    """The schema of the zeros and ones; ``mean`` is that of the grey cells that are there."""
    top = top_of(grey)
    certain = tuple((place, value / top) for place, value in grey.constant if value in (0, top))
    return grey.model_copy(update={"kind": "binary", "levels": 2, "middle": mean / top, "constant": certain})


def _key(index: slice | Tensor) -> tuple[int, ...]:
    """What tells one set of rows from another."""
    if isinstance(index, slice):
        return index.start or 0, index.stop or 0
    digest = hashlib.blake2b(index.cpu().numpy().tobytes(), digest_size=8).digest()
    return (int.from_bytes(digest, "little"),)
