"""Whole numbers under a cdf, coded as yes-or-no questions: "is it the common one?", then "is it in the upper half?"
of what is left.

p(x) factorises exactly into the answers' probabilities, so nothing is lost against a table of all levels, and a cell
costs one or some ten values of the cdf in place of 256. Each probability is rounded to a multiple of 1/65536. A
number that lies so near to a rounding boundary that another machine's arithmetic might round it the other way is
*fragile*: the encoder then moves the boundaries (``salt``) and tries again, so that both sides round alike although
their last digits differ.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from quintet.codec.entropy.cdf import CdfTable, CodedCells

Array = np.ndarray[Any, Any]
ONE = 1 << 16
TOLERANCE = 4e-14  # how far two machines' values of a cdf may be apart; ten times what reordered sums were seen to do
NARROW = (
    2.0**-6
)  # below this mass of what is left, probabilities are multiples of 1/512 only, since cancellation eats digits
COARSE = ONE // 4096
SALT_STEP = 0.381966  # golden section: the boundaries of successive salts are far apart


Ask = Callable[[Array, Array, Array], Array]
"""(positions, thresholds, P(label >= threshold) in 1/65536) -> True where label >= threshold."""


@dataclass
class Record:
    """The questions about known symbols with their answers, in the order of decoding."""

    labels: Array  # (rows * cells,)
    cells: int
    bits: Array  # (rows,): price of each row
    fragile: Array  # (rows,) bool
    questions: list[tuple[Array, Array]]

    @classmethod
    def of(cls, symbols: Array, cells: CodedCells) -> Record:
        """Ask everything about ``symbols``, (rows, cells)."""
        rows, width = symbols.shape
        labels = _to_label(symbols, cells.edges.first[None]).reshape(-1)
        record = cls(labels, width, np.zeros(rows), np.zeros(rows, dtype=bool), [])
        _walk(cells, record._ask, record._note)
        return record

    def _ask(self, position: Array, threshold: Array, chance: Array) -> Array:
        yes: Array = self.labels[position] >= threshold
        self.questions.append((yes, chance))
        price = 16 - np.log2(np.where(yes, chance, ONE - chance))
        self.bits += np.bincount(position // self.cells, price, minlength=len(self.bits))
        return yes

    def _note(self, position: Array) -> None:
        self.fragile[position // self.cells] = True

    def push(self, coder: Any) -> None:
        """Onto the stack, last question first."""
        family = _bernoulli()
        for yes, chance in reversed(self.questions):
            coder.encode_reverse(yes.astype(np.int32), family, chance / ONE)


def pop(coder: Any, cells: CodedCells) -> Array:
    """The symbols from the stack, (rows, cells); 0 where not coded."""
    family = _bernoulli()

    def ask(position: Array, threshold: Array, chance: Array) -> Array:
        answer: Array = coder.decode(family, chance / ONE).astype(bool)
        return answer

    labels = _walk(cells, ask, None)
    return np.where(cells.coded, _to_symbol(labels, cells.edges.first[None]), 0)


def _bernoulli() -> Any:
    from constriction import stream

    return stream.model.Bernoulli(perfect=False)


def _walk(cells: CodedCells, ask: Ask, fragile: Callable[[Array], None] | None) -> Array:
    """Ask from the root down until every label is known, (rows, cells)."""
    rows, width = cells.coded.shape
    size, first = cells.edges.size, cells.edges.first
    labels = np.zeros(rows * width, dtype=np.int64)
    position = np.flatnonzero(cells.coded & (size > 1))
    if position.size == 0:
        return labels.reshape(rows, width)
    below = CdfTable(cells)
    column = position % width
    low, high = np.zeros(position.size, dtype=np.int64), size[column].copy()
    under, over = np.zeros(position.size), np.ones(position.size)
    middle = np.where(first[column] >= 0, 1, high // 2)
    while position.size:
        at = np.clip(below(position, middle - 1), under, over)
        span = np.maximum(over - under, 1e-300)
        chance, doubtful = _rounded((over - at) / span, span, cells.salt)
        if fragile is not None and doubtful.any():
            fragile(position[doubtful])
        yes = ask(position, middle, chance)
        low, under = np.where(yes, middle, low), np.where(yes, at, under)
        high, over = np.where(yes, high, middle), np.where(yes, over, at)
        labels[position] = low
        left = high - low > 1
        position, low, high, under, over = position[left], low[left], high[left], under[left], over[left]
        middle = (low + high) // 2
    return labels.reshape(rows, width)


def _rounded(chance: Array, span: Array, salt: int) -> tuple[Array, Array]:
    """Probabilities in 1/65536, within 1 .. 65535, and True where the last digits decide the rounding.

    ``span`` is the mass that the probabilities were divided by, and so the measure of their errors.
    """
    unit = np.where(span < NARROW, COARSE, 1)
    top, error = ONE // unit, TOLERANCE * (1 + 1 / span)
    scaled = np.clip(chance, 0.0, 1.0) * top + (salt * SALT_STEP % 1.0 - 0.5 if salt else 0.0)
    down = np.floor(scaled)
    doubtful = (np.abs(scaled - down - 0.5) < error * top) & (down >= 1) & (down < top - 1)
    doubtful |= np.abs(span - NARROW) < TOLERANCE
    return np.clip(np.rint(scaled), 1, top - 1) * unit, doubtful


def _to_label(symbols: Array, first: Array) -> Array:
    """The common symbol becomes label 0, those before it move up by one."""
    return np.where(first < 0, symbols, np.where(symbols == first, 0, symbols + (symbols < first)))


def _to_symbol(labels: Array, first: Array) -> Array:
    """The inverse of ``_to_label``."""
    return np.where(first < 0, labels, np.where(labels == 0, first, labels - (labels <= first)))
