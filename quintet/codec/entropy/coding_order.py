"""p(z) or q(z|x) of some rows as the coder takes it: block after block, each under the blocks before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Protocol

import numpy as np
import torch

from quintet.codec.entropy.binary_decisions import Record, pop
from quintet.codec.entropy.cdf import CodedCells
from quintet.distributions import Distribution
from quintet.distributions.base import Factorised

Array = np.ndarray[Any, Any]


class PricedSymbols(Protocol):
    """Whole numbers with their price, ready for the stack."""

    @property
    def bits(self) -> Array:
        """Of each row, (rows,)."""

    @property
    def fragile(self) -> Array:
        """(rows,) bool: another machine might round their probabilities otherwise."""

    def push(self, coder: Any) -> None:
        """Onto the stack."""


class SymbolBlock(Protocol):
    """Independent whole numbers under known distributions, (rows, width)."""

    def of(self, k: Array) -> PricedSymbols:
        """Some numbers under them."""

    def pop(self, coder: Any) -> Array:
        """Numbers from the stack."""


class Alphabet(Protocol):
    """Latents z <-> whole numbers k, (rows, any)."""

    @property
    def width(self) -> int:
        """How many numbers stand for a row's latents."""

    def place(self, z: Array) -> Array:
        """Nearest k, int32."""

    def value(self, k: Array) -> Array:
        """z of k, float64."""

    def told(self, k: Array) -> Array:
        """k as a distribution is told of it."""

    def part(self, given: Distribution, span: slice, salt: int, near: bool) -> SymbolBlock:
        """The numbers of ``span`` under a distribution, (1, rows, their width); ``near``: their own neighbourhood."""


@dataclass(frozen=True)
class Blocks:
    """An ordered distribution of some rows, in an alphabet.

    Both sides ask it one block after the other, with the later ones at zero, so that they calculate alike.
    """

    ordered: Factorised
    alphabet: Alphabet
    rows: int
    salt: int = 0
    near: bool = False
    exact: bool = False  # its numbers were read, not computed

    def pop(self, coder: Any) -> Array:
        """k from the stack, first block first, (rows, width) int32."""
        k = np.zeros((self.rows, self.alphabet.width), dtype=np.int32)
        for span in self._spans():
            k[:, span] = self._part(k, span).pop(coder)
        return k

    def of(self, k: Array) -> BlockSequence:
        """Some k, (rows, width), with their price."""
        known, placed = np.zeros_like(k), []
        for span in self._spans():
            placed.append(self._part(known, span).of(k[:, span]))
            known[:, span] = k[:, span]
        return BlockSequence(placed, self.exact)

    @torch.no_grad()
    def _part(self, k: Array, span: slice) -> SymbolBlock:
        given = self.ordered.conditionals(torch.from_numpy(self.alphabet.told(k))[None])
        return self.alphabet.part(given.select((slice(None), slice(None), span)), span, self.salt, self.near)

    def _spans(self) -> Iterator[slice]:
        ends = accumulate(self.ordered.sizes)
        return (slice(end - size, end) for end, size in zip(ends, self.ordered.sizes, strict=True))


@dataclass(frozen=True)
class BlockSequence:
    """The blocks of known k."""

    parts: list[PricedSymbols]
    exact: bool

    @property
    def bits(self) -> Array:
        """Price of each row, (rows,)."""
        return np.asarray(sum(part.bits for part in self.parts))

    @property
    def fragile(self) -> Array:
        """(rows,) bool: another machine might round some probability otherwise."""
        found = np.logical_or.reduce([part.fragile for part in self.parts])
        return np.asarray(found & (not self.exact))

    def push(self, coder: Any) -> None:
        """Onto the stack, last block first."""
        for part in reversed(self.parts):
            part.push(coder)


@dataclass(frozen=True)
class CdfSymbols:
    """Numbers under any distribution with a cdf, by yes-or-no questions; ``first`` is the lowest number."""

    cells: CodedCells
    first: int = 0

    def of(self, k: Array) -> Record:
        """Numbers with their questions."""
        return Record.of(k.astype(np.int64) - self.first, self.cells)

    def pop(self, coder: Any) -> Array:
        """Numbers from the stack, (rows, width)."""
        return np.asarray(pop(coder, self.cells) + self.first)


def cdf_symbols(given: Distribution, edges: Any, salt: int, first: int = 0) -> CdfSymbols:
    """The numbers of a distribution, (1, rows, width)."""
    shape = given.mean.shape
    return CdfSymbols(CodedCells(given, tuple(shape[2:]), edges, np.ones(tuple(shape[1:]), dtype=bool), salt), first)
