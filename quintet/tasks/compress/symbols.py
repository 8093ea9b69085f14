"""Latents that are codes, as the symbols that they stand for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from quintet.codec.entropy.coding_order import CdfSymbols, cdf_symbols
from quintet.distributions import Distribution
from quintet.models.discrete.symbols import SymbolCodec

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Symbols:
    """The symbols 0 .. size-1 of a codec."""

    codec: SymbolCodec

    @property
    def width(self) -> int:
        """Symbols of a row."""
        return self.codec.symbols

    @property
    def most_bits(self) -> float:
        """Price of a row's symbols where all are equally probable."""
        return float(self.width * np.log2(self.codec.size))

    def place(self, z: Array) -> Array:
        """The symbols of the nearest code."""
        return self.codec.nearest(torch.from_numpy(z)).numpy().astype(np.int32)

    def value(self, k: Array) -> Array:
        """The codes' vectors, float64."""
        return self.codec.vectors(torch.from_numpy(k.astype(np.int64))).double().numpy()

    def told(self, k: Array) -> Array:
        """The symbols themselves."""
        return k.astype(np.int64)

    def part(self, given: Distribution, span: slice, salt: int, near: bool) -> CdfSymbols:
        """Symbols under the masses of all."""
        width = span.stop - span.start
        return cdf_symbols(given, Levels(np.full(width, self.codec.size), np.full(width, -1)), salt)


@dataclass(frozen=True)
class Levels:
    """Bins of whole numbers from 0."""

    size: Array
    first: Array

    def upper(self, symbols: Array, column: Array) -> Array:
        """The number itself: P(X <= s)."""
        return symbols.astype(np.float64)
