"""The alphabet of rows that are coded without latents, by a context decoder whose z is the learnt null."""

from __future__ import annotations

from typing import Any

import numpy as np

from quintet.codec.container.varints import ByteWriter
from quintet.codec.entropy.symbol_blocks import SymbolBlock
from quintet.distributions import Distribution
from quintet.distributions.base import Factorised

Array = np.ndarray[Any, Any]


class NoLatents:
    """No symbols: nothing is popped, and nothing is priced."""

    width = 0

    def quantise(self, z: Array) -> Array:
        """(rows, latent_dim) -> (rows, 0)."""
        return np.zeros((len(z), 0), dtype=np.int32)

    def dequantise(self, k: Array) -> Array:
        """(rows, 0), float64."""
        return np.zeros(k.shape)

    def context(self, k: Array) -> Array:
        """As ``dequantise``."""
        return self.dequantise(k)

    def block(self, given: Distribution, rows: int, span: slice, salt: int, truncated: bool) -> SymbolBlock:
        """There are no blocks of latents."""
        raise ValueError("rows without latents have no blocks of them")

    def expected_bits(self, mean: Array, spread: Array | None) -> Array:
        """No bits are popped."""
        return np.zeros(len(mean))

    def write(self, out: ByteWriter) -> None:
        """Write nothing."""


def no_conditionals(_: Any) -> Distribution:
    """Conditionals of the distribution over no latents, which nobody asks for."""
    raise ValueError("rows without latents have no conditionals of them")


NOTHING = Factorised((), no_conditionals)
"""The distribution over no latents."""
