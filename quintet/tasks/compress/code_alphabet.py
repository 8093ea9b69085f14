"""The alphabet of discrete latents: the symbols of a codebook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from quintet.codec.container.varints import ByteWriter
from quintet.codec.entropy.cdf import CodedCells
from quintet.codec.entropy.symbol_blocks import CdfBlock
from quintet.distributions import Distribution
from quintet.models.discrete.symbols import SymbolCodec

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class CodeAlphabet:
    """The symbols 0 .. size-1 of a codebook."""

    codec: SymbolCodec

    @property
    def width(self) -> int:
        """Symbols of a row."""
        return self.codec.symbols

    def quantise(self, z: Array) -> Array:
        """The symbols of the nearest code."""
        return self.codec.nearest(torch.from_numpy(z)).numpy().astype(np.int32)

    def dequantise(self, k: Array) -> Array:
        """The codes' vectors, float64."""
        return self.codec.vectors(torch.from_numpy(k.astype(np.int64))).double().numpy()

    def context(self, k: Array) -> Array:
        """The symbols themselves, on which the prior over codes conditions."""
        return k.astype(np.int64)

    def block(self, given: Distribution, rows: int, span: slice, salt: int, truncated: bool) -> CdfBlock:
        """Some of the symbols under a categorical distribution."""
        width = span.stop - span.start
        bins, all_cells = LevelBins(np.full(width, self.codec.size), np.full(width, -1)), np.ones((rows, width), bool)
        return CdfBlock(CodedCells(given, (width,), bins, all_cells, salt))

    def expected_bits(self, mean: Array, spread: Array | None) -> Array:
        """The entropy of a row's symbols if all were equally probable: an upper bound."""
        return np.full(len(mean), float(self.width * np.log2(self.codec.size)))

    def write(self, out: ByteWriter) -> None:
        """Write nothing: the model holds the codebook."""


@dataclass(frozen=True)
class LevelBins:
    """Bins of the integers from 0."""

    size: Array
    first: Array

    def upper(self, symbols: Array, column: Array) -> Array:
        """The integer itself, since the cdf is P(X <= s)."""
        return symbols.astype(np.float64)
