"""Stochastic binarisation: grey cells as probabilities of a one, sampled for each batch or once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from torch import Tensor

from quintet.data.schema import Array, Schema
from quintet.noise import Noise

KIND = "binarised"
"""The ``kind`` of ``fit`` that binarises rows; the kind of the model's schema is "binary"."""
STREAM = 0xB1
BLOCK = 4096
"""Rows sampled at a time by ``Chances.once``."""


@dataclass(frozen=True)
class Chances:
    """Bernoulli cells with P(1) = grey / ``top``: Burda et al., "Importance weighted autoencoders", 2016, section 5.

    The sample depends on the seed and on the rows of the batch and their order: it differs between epochs, and a
    resumed run repeats it.
    """

    top: int  # the grey value with P(1) = 1
    seed: int
    backend: str = field(default="cpu", repr=False, compare=False)  # of ``Noise``; not of the rows, so not hashed

    def drawn(self, grey: Tensor, index: slice | Tensor) -> Tensor:
        """Sample zeros and ones, float32, for the rows ``grey`` (batch, *shape) with indices ``index``."""
        noise = Noise((self.seed, STREAM, *_key(index)), device=grey.device, backend=self.backend)
        return (noise.uniform(len(grey), *grey.shape[1:])[0] * self.top < grey).float()

    def once(self, values: Tensor, stream: int) -> Tensor:
        """Sample zeros and ones, uint8, for all rows; other rows need another ``stream``."""
        ones = values.new_empty(values.shape).byte()
        for start in range(0, len(values), BLOCK):
            noise = Noise((self.seed, STREAM, stream, start), device=values.device)
            grey = values[start : start + BLOCK]
            ones[start : start + BLOCK] = noise.uniform(len(grey), *grey.shape[1:])[0] * self.top < grey
        return ones


def grey_schema(X: Any, y: Any, mask: Array | None, unlabelled: Any, array: Array) -> Schema:
    """The schema of rows of probabilities: floats up to 1, or whole numbers divided by their highest level."""
    floats = array.dtype.kind == "f" and bool(np.nanmax(array, initial=0) <= 1)
    return Schema.infer(X, y, "unit" if floats else "image8", mask, unlabelled)


def top_of(grey: Schema) -> int:
    """The grey value with P(1) = 1."""
    return int(grey.top)


def binary_schema(grey: Schema, mean: float) -> Schema:
    """The schema of the binarised rows; ``mean`` is the mean of the observed grey cells."""
    top = top_of(grey)
    certain = tuple((place, value / top) for place, value in grey.constant if value in (0, top))
    return grey.model_copy(update={"kind": "binary", "levels": 2, "middle": mean / top, "constant": certain})


def _key(index: slice | Tensor) -> tuple[int, ...]:
    """Integers that identify the rows of a batch."""
    if isinstance(index, slice):
        return index.start or 0, index.stop or 0
    digest = hashlib.blake2b(index.cpu().numpy().tobytes(), digest_size=8).digest()
    return (int.from_bytes(digest, "little"),)
