"""Symbols under a cdf, coded as binary decisions: first whether a symbol is the frequent one, then a bisection.

p(symbol) factorises exactly into the probabilities of its decisions, so nothing is lost against a table of all levels,
and a cell needs one to about ten values of the cdf instead of 256. Each probability is rounded to a multiple of
1/65536. A probability so close to a rounding boundary that another machine's arithmetic might round it the other way
is *fragile*: the encoder then moves the boundaries (the ``salt``) and tries again, so that both sides round alike
although their last digits differ.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from quintet.codec.entropy.cdf import CdfTable, CodedCells

Array = np.ndarray[Any, Any]
ONE = 1 << 16
TOLERANCE = 4e-14
"""How far two machines' values of a cdf may differ: ten times the largest difference observed for reordered sums."""
NARROW = 2.0**-6
"""Where less than this mass is left, probabilities are multiples of 1/512 only, since cancellation loses digits."""
COARSE = ONE // 4096
FEW_CELLS, LEVELS = 400, 4
"""Levels of the bisection whose thresholds are evaluated at once for few cells, of which a call costs more than its
values."""
SALT_STEP = 0.381966  # golden section: the boundaries of successive salts are far apart

Decide = Callable[[Array, Array, Array], Array]
"""(positions, thresholds, P(label >= threshold) in 1/65536) -> True where label >= threshold."""


@dataclass
class DecisionSequence:
    """The decisions about known symbols, in the order of decoding.

    Parameters
    ----------
    labels : (rows * cells,).
    cells : cells of a row.
    bits : code length of each row, (rows,).
    fragile : bool, (rows,): whether another machine might round some probability differently.
    decisions : positions in rows * cells, outcomes and their probabilities in 1/65536, level after level of the
        bisection.
    groups : of cells, each in ascending order, that are decoded one after another; None: all at once.
    """

    labels: Array
    cells: int
    bits: Array
    fragile: Array
    decisions: list[tuple[Array, Array, Array]]
    groups: Sequence[Sequence[int]] | None = None

    @classmethod
    def from_symbols(
        cls, symbols: Array, cells: CodedCells, groups: Sequence[Sequence[int]] | None = None
    ) -> DecisionSequence:
        """All decisions about ``symbols``, (rows, cells); the decoder reads them group after group."""
        rows, width = symbols.shape
        labels = _to_label(symbols, cells.bins.first[None]).reshape(-1)
        sequence = cls(labels, width, np.zeros(rows), np.zeros(rows, dtype=bool), [], groups)
        _bisect(cells, sequence._decide, sequence._mark_fragile)
        return sequence

    def _decide(self, position: Array, threshold: Array, probability: Array) -> Array:
        above: Array = self.labels[position] >= threshold
        self.decisions.append((position, above, probability))
        length = 16 - np.log2(np.where(above, probability, ONE - probability))
        self.bits += np.bincount(position // self.cells, length, minlength=len(self.bits))
        return above

    def _mark_fragile(self, position: Array) -> None:
        self.fragile[position // self.cells] = True

    def push(self, coder: Any) -> None:
        """Push the decisions onto the stack, the last one first."""
        family = _bernoulli()
        levels = [self._by_group(*level) for level in self.decisions]
        for group in reversed(range(1 if self.groups is None else len(self.groups))):
            for above, probability in (level[group] for level in reversed(levels)):
                if len(above):
                    coder.encode_reverse(above, family, probability)

    def _by_group(self, position: Array, above: Array, probability: Array) -> list[tuple[Array, Array]]:
        """The decisions of one level about each group's cells, as the coder takes them."""
        above, probability = above.astype(np.int32), probability / ONE
        if self.groups is None:
            return [(above, probability)]
        group_of = np.empty(self.cells, np.uint16 if len(self.groups) < 1 << 16 else np.int64)  # short: sorted by radix
        for number, group in enumerate(self.groups):
            group_of[list(group)] = number
        group = group_of[position % self.cells]
        order = np.argsort(group, kind="stable")
        ends = [0, *np.cumsum(np.bincount(group, minlength=len(self.groups))).tolist()]
        above, probability = above[order], probability[order]
        return [(above[start:stop], probability[start:stop]) for start, stop in pairwise(ends)]


def pop_symbols(coder: Any, cells: CodedCells) -> Array:
    """The symbols from the stack, (rows, cells); 0 where a cell is not coded."""
    family = _bernoulli()

    def decide(position: Array, threshold: Array, probability: Array) -> Array:
        above: Array = coder.decode(family, probability / ONE).astype(bool)
        return above

    labels = _bisect(cells, decide, None)
    return np.where(cells.coded, _to_symbol(labels, cells.bins.first[None]), 0)


def _bernoulli() -> Any:
    from constriction import stream

    return stream.model.Bernoulli(perfect=False)


def _bisect(cells: CodedCells, decide: Decide, mark_fragile: Callable[[Array], None] | None) -> Array:
    """Bisect the range of every cell until its label is known, (rows, cells)."""
    rows, width = cells.coded.shape
    size, first = cells.bins.size, cells.bins.first
    labels = np.zeros(rows * width, dtype=np.int64)
    position = np.flatnonzero(cells.coded & (size > 1))
    if position.size == 0:
        return labels.reshape(rows, width)
    cdf = CdfTable(cells)
    column = position % width
    low, high = np.zeros(position.size, dtype=np.int64), size[column].copy()
    mass_low, mass_high = np.zeros(position.size), np.ones(position.size)
    middle = np.where(first[column] >= 0, 1, high // 2)
    levels, depth = LEVELS if position.size <= FEW_CELLS else 1, 0
    while position.size:
        if depth % levels == 0:
            ahead, node = _thresholds(low, high, middle, levels), np.zeros(position.size, dtype=np.int64)
            masses = cdf(position, np.maximum(ahead - 1, 0)) if levels > 1 else cdf(position, middle - 1)[:, None]
        at = np.clip(np.take_along_axis(masses, node[:, None], 1)[:, 0], mass_low, mass_high)
        span = np.maximum(mass_high - mass_low, 1e-300)
        probability, doubtful = _rounded((mass_high - at) / span, span, cells.salt)
        if mark_fragile is not None and doubtful.any():
            mark_fragile(position[doubtful])
        above = decide(position, middle, probability)
        low, mass_low = np.where(above, middle, low), np.where(above, at, mass_low)
        high, mass_high = np.where(above, high, middle), np.where(above, mass_high, at)
        labels[position] = low
        left = high - low > 1
        position, low, high = position[left], low[left], high[left]
        mass_low, mass_high = mass_low[left], mass_high[left]
        masses, node, depth = masses[left], 2 * node[left] + 1 + above[left], depth + 1
        middle = (low + high) // 2
    return labels.reshape(rows, width)


def _thresholds(low: Array, high: Array, middle: Array, levels: int) -> Array:
    """The thresholds of the next levels, (cells, 2^levels - 1): after the one at place n those at 2 n + 1, where the
    label is below it, and 2 n + 2."""
    found, lows, highs, middles = [], low[:, None], high[:, None], middle[:, None]
    for _ in range(levels):
        found.append(middles)
        lows, highs = (np.stack(pair, 2).reshape(len(low), -1) for pair in ((lows, middles), (middles, highs)))
        middles = (lows + highs) // 2
    return np.concatenate(found, 1)


def _rounded(probability: Array, span: Array, salt: int) -> tuple[Array, Array]:
    """Probabilities in 1/65536, within 1 .. 65535, and True where the last digits decide the rounding.

    ``span`` is the mass by which the probabilities were divided, and so the scale of their errors.
    """
    unit = np.where(span < NARROW, COARSE, 1)
    top, error = ONE // unit, TOLERANCE * (1 + 1 / span)
    scaled = np.clip(probability, 0.0, 1.0) * top + (salt * SALT_STEP % 1.0 - 0.5 if salt else 0.0)
    down = np.floor(scaled)
    doubtful = (np.abs(scaled - down - 0.5) < error * top) & (down >= 1) & (down < top - 1)
    doubtful |= np.abs(span - NARROW) < TOLERANCE
    return np.clip(np.rint(scaled), 1, top - 1) * unit, doubtful


def _to_label(symbols: Array, first: Array) -> Array:
    """The frequent symbol becomes label 0, and those below it move up by one."""
    return np.where(first < 0, symbols, np.where(symbols == first, 0, symbols + (symbols < first)))


def _to_symbol(labels: Array, first: Array) -> Array:
    """The inverse of ``_to_label``."""
    return np.where(first < 0, labels, np.where(labels == 0, first, labels - (labels <= first)))
