"""Blocks of symbols under known distributions: the interface of everything that is pushed to the stack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from quintet.codec.entropy.binary_decisions import DecisionSequence, pop_symbols
from quintet.codec.entropy.cdf import CodedCells

Array = np.ndarray[Any, Any]


class PricedSymbols(Protocol):
    """Known symbols with their code length, ready to be pushed."""

    @property
    def bits(self) -> Array:
        """Code length of each row in bits, (rows,)."""

    @property
    def fragile(self) -> Array:
        """(rows,) bool: whether another machine might round some of the row's probabilities differently."""

    def push(self, coder: Any) -> None:
        """Push the symbols onto the stack."""


class SymbolBlock(Protocol):
    """Independent symbols, (rows, width), under known distributions."""

    def priced(self, symbols: Array) -> PricedSymbols:
        """Known symbols under these distributions."""

    def pop(self, coder: Any) -> Array:
        """Symbols from the stack."""


@dataclass(frozen=True)
class CdfBlock:
    """Symbols under distributions with a cdf, coded by binary decisions; ``lowest`` is the lowest symbol."""

    cells: CodedCells
    lowest: int = 0

    def priced(self, symbols: Array) -> DecisionSequence:
        """Known symbols, (rows, width), as decisions."""
        return DecisionSequence.from_symbols(symbols.astype(np.int64) - self.lowest, self.cells)

    def pop(self, coder: Any) -> Array:
        """Symbols from the stack, (rows, width)."""
        return np.asarray(pop_symbols(coder, self.cells) + self.lowest)
