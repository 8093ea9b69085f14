"""p(z) or q(z|x) of some rows, block by block: each block is coded given the blocks before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Protocol

import numpy as np
import torch

from quintet.codec.container.varints import ByteWriter
from quintet.codec.entropy.symbol_blocks import PricedSymbols, SymbolBlock
from quintet.distributions import Distribution
from quintet.distributions.base import Factorised

Array = np.ndarray[Any, Any]


class LatentAlphabet(Protocol):
    """Latents z <-> symbols k, (rows, width)."""

    @property
    def width(self) -> int:
        """Number of symbols for the latents of a row."""

    def quantise(self, z: Array) -> Array:
        """The symbols of the nearest latents, int32."""

    def dequantise(self, k: Array) -> Array:
        """The latents of symbols, float64."""

    def context(self, k: Array) -> Array:
        """Symbols in the form on which ``Factorised.conditionals`` conditions."""

    def block(self, given: Distribution, rows: int, span: slice, salt: int, truncated: bool) -> SymbolBlock:
        """The symbols of ``span`` under a distribution over (1, rows, their width).

        ``truncated``: a normal covers only the neighbourhood of its mean.
        """

    def expected_bits(self, mean: Array, spread: Array | None) -> Array:
        """About how many bits a pop of each row's symbols takes, (rows,), from posteriors with these moments."""

    def write(self, out: ByteWriter) -> None:
        """Write what the decoder needs to build the alphabet."""


@dataclass(frozen=True)
class LatentBlocks:
    """A factorised distribution over the latents of some rows, in an alphabet.

    Encoder and decoder evaluate it block after block, with all later blocks at zero, so that both calculate alike.

    Parameters
    ----------
    factorised : the distribution.
    alphabet : latents <-> symbols.
    rows : how many rows.
    salt : number of the rounding of the probabilities.
    truncated : whether normals cover only the neighbourhood of their means.
    exact : whether the parameters were read from the file, so that no machine can differ.
    """

    factorised: Factorised
    alphabet: LatentAlphabet
    rows: int
    salt: int = 0
    truncated: bool = False
    exact: bool = False

    def pop(self, coder: Any) -> Array:
        """Symbols from the stack, first block first, (rows, width) int32."""
        k = np.zeros((self.rows, self.alphabet.width), dtype=np.int32)
        for span in self._spans():
            k[:, span] = self._block(k, span).pop(coder)
        return k

    def priced(self, k: Array) -> PricedBlocks:
        """Known symbols, (rows, width), with their code length."""
        known, parts = np.zeros_like(k), []
        for span in self._spans():
            parts.append(self._block(known, span).priced(k[:, span]))
            known[:, span] = k[:, span]
        return PricedBlocks(parts, self.exact)

    @torch.no_grad()
    def _block(self, k: Array, span: slice) -> SymbolBlock:
        given = self.factorised.conditionals(torch.from_numpy(self.alphabet.context(k))[None])
        chosen = given.select((slice(None), slice(None), span))
        return self.alphabet.block(chosen, self.rows, span, self.salt, self.truncated)

    def _spans(self) -> Iterator[slice]:
        ends = accumulate(self.factorised.sizes)
        return (slice(end - size, end) for end, size in zip(ends, self.factorised.sizes, strict=True))


@dataclass(frozen=True)
class PricedBlocks:
    """The blocks of known symbols."""

    parts: list[PricedSymbols]
    exact: bool

    @property
    def bits(self) -> Array:
        """Code length of each row in bits, (rows,)."""
        return np.asarray(sum(part.bits for part in self.parts))

    @property
    def fragile(self) -> Array:
        """(rows,) bool: whether another machine might round some of the row's probabilities differently."""
        found = np.logical_or.reduce([part.fragile for part in self.parts])
        return np.asarray(found & (not self.exact))

    def push(self, coder: Any) -> None:
        """Push all blocks onto the stack, last block first."""
        for part in reversed(self.parts):
            part.push(coder)
