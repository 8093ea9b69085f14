"""Counts of tokens after the tokens before them, over training rows: what an n-gram model knows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
"""Of the hash of a context: odd, so that it loses no bits."""
HIDDEN = -1
"""In rows of tokens: a hidden token, which no context holds."""
BORDER = -2
"""What stands before the first token of a row."""


@dataclass(frozen=True)
class OrderCounts:
    """How often each token follows each context of one length.

    Parameters
    ----------
    keys : (contexts,), hashes of the contexts, ascending.
    first : (contexts + 1,), where the pairs of a context begin.
    token : (pairs,), the tokens of each context, in no order.
    count : (pairs,), how often a token follows a context.
    kinds : (pairs,), after how many different contexts that are longer by one token.
    """

    keys: Array
    first: Array
    token: Array
    count: Array
    kinds: Array

    def places(self, keys: Array) -> tuple[Array, Array]:
        """The place of each context of ``keys`` (n,), and whether it was counted."""
        if not len(self.keys):
            return np.zeros(len(keys), dtype=np.int64), np.zeros(len(keys), dtype=bool)
        order = np.argsort(keys)  # neighbours are found near each other
        place = np.empty(len(keys), dtype=np.int64)
        place[order] = np.searchsorted(self.keys, keys[order]).clip(max=len(self.keys) - 1)
        return place, self.keys[place] == keys

    def pairs(self, contexts: Array) -> tuple[Array, Array]:
        """The pairs of some contexts (n,): which of the n each belongs to, and its place."""
        first = self.first[contexts]
        length = self.first[contexts + 1] - first
        before = np.cumsum(length) - length
        return np.repeat(np.arange(len(contexts)), length), np.arange(length.sum()) + np.repeat(first - before, length)


class TokenCounts:
    """Counts of every order from 0 to ``longest`` over some rows.

    Parameters
    ----------
    rows : (rows, steps), ``HIDDEN`` where a token is not known.
    longest : most tokens of a context.
    """

    def __init__(self, rows: Array, longest: int) -> None:
        self.longest = longest
        self.orders = tuple(counted_orders(rows, longest))

    def __deepcopy__(self, memo: object) -> TokenCounts:
        """Itself: counts do not change."""
        return self

    def after(self, rows: Array, at: Array, tokens: int, counted: Array | None = None) -> Array:
        """How often each token follows the contexts of steps, float32 (n, steps asked, orders, tokens).

        Of the longest contexts it is how often, of shorter ones after how many longer ones, as Kneser and Ney (1995)
        count.

        Parameters
        ----------
        rows : (n, steps).
        at : (n, steps asked).
        tokens : size of the vocabulary.
        counted : (n, steps), the rows as they were counted, of which each leaves its steps out; None: other rows.
        """
        out = np.zeros((*at.shape, self.longest + 1, tokens), dtype=np.float32)
        flat = out.reshape(-1, self.longest + 1, tokens)
        whole = rows if counted is None else counted
        visible = self._asked(rows, at)
        known = visible if counted is None else self._asked(whole, at)
        own = np.take_along_axis(whole, at, 1).reshape(-1)
        vanishes = np.ones(len(flat), dtype=bool)  # whether the step was the only one of its longer pair
        for order in range(self.longest, -1, -1):
            (keys, usable), counts, seen = known[order], self.orders[order], visible[order][1]
            place, there = counts.places(keys)
            some = np.flatnonzero(there & usable)
            owner, pair = counts.pairs(place[some])
            value = counts.count if order == self.longest else counts.kinds
            shown = seen[some[owner]]
            flat[some[owner][shown], order, counts.token[pair][shown]] = value[pair][shown]
            if counted is not None:
                lost = np.flatnonzero(vanishes & seen & (own != HIDDEN))
                flat[lost, order, own[lost]] -= 1
                mine = counts.token[pair] == own[some[owner]]
                vanishes = ~usable
                vanishes[some[owner[mine]]] = counts.count[pair[mine]] == 1
        return np.maximum(out, 0, out=out)

    def _asked(self, rows: Array, at: Array) -> list[tuple[Array, Array]]:
        """The contexts of steps ``at`` of each order, flat."""
        asked = np.arange(len(rows))[:, None], at
        return [(keys[asked].reshape(-1), usable[asked].reshape(-1)) for keys, usable in contexts(rows, self.longest)]


def contexts(rows: Array, longest: int) -> Iterator[tuple[Array, Array]]:
    """For each order from 0 to ``longest`` the hash of so many tokens before each step, (rows, steps), and whether all
    of them are known. A context may begin with the border before the row, and with nothing before that."""
    n, steps = rows.shape
    before = np.concatenate([np.full((n, 1), BORDER, dtype=np.int64), rows.astype(np.int64)], 1)
    keys, usable = np.zeros((n, steps), dtype=np.uint64), np.ones((n, steps), dtype=bool)
    yield keys, usable
    for back in range(longest):
        token = np.full((n, steps), HIDDEN, dtype=np.int64)
        token[:, back:] = before[:, : max(steps - back, 0)]
        keys = _longer(keys, token)
        usable = usable & (token != HIDDEN)
        yield keys, usable


def counted_orders(rows: Array, longest: int) -> Iterator[OrderCounts]:
    """The counts of each order from 0 on.

    All steps are sorted once by their token, the token before it, and so on: steps with one token and one context of
    any length then stand side by side.
    """
    tokens, weight = _tokens_before(rows, longest)
    if not weight.size:
        yield from [OrderCounts(*(np.zeros(0, np.int64) for _ in range(5)))] * (longest + 1)
        return
    order = _sorted(tokens)
    weight, key, usable = weight[order], np.zeros(len(order), np.uint64), np.ones(len(order), dtype=bool)
    new, own = _changes(tokens[0][order]), None
    for length in range(longest + 1):
        if own is not None:
            key, usable = _longer(key, own), usable & (own != HIDDEN)
        start = np.flatnonzero(new)
        count = kinds = np.add.reduceat(weight, start)
        if length < longest:
            own = tokens[length + 1][order]
            new = new | _changes(own) | (own == HIDDEN)  # a step without a longer context counts by itself
            kinds = np.add.reduceat(new.astype(np.int64), start)
        kept = usable[start]
        yield _by_context(*(part[kept] for part in (key[start], tokens[0][order[start]], count, kinds)))


def _by_context(key: Array, token: Array, count: Array, kinds: Array) -> OrderCounts:
    """Pairs of a context and a token, each once, as the counts of their order."""
    order = np.argsort(key)
    key = key[order]
    fresh = np.flatnonzero(_changes(key))
    token, count, kinds = (part[order].astype(np.int32) for part in (token, count, kinds))
    return OrderCounts(key[fresh], np.append(fresh, len(key)), token, count, kinds)


def _tokens_before(rows: Array, longest: int) -> tuple[list[Array], Array]:
    """The tokens of the known steps and the ``longest`` tokens before each, nearest first, (steps,) each, and how many
    steps each stands for: where a token repeats for longer than a context, the first such step stands for all."""
    known = rows != HIDDEN
    step = np.broadcast_to(np.arange(rows.shape[1]), rows.shape)
    fresh = np.ones(rows.shape, dtype=bool)
    fresh[:, 1:] = rows[:, 1:] != rows[:, :-1]
    repeats = step - np.maximum.accumulate(np.where(fresh, step, 0), 1)
    merged = known & (repeats > longest)
    row, at = np.nonzero(known & ~merged)
    weight = 1 + np.add.reduceat(merged.reshape(-1).astype(np.int64), row * rows.shape[1] + at) if len(row) else row
    before = np.concatenate([np.full((len(rows), 1), BORDER, dtype=np.int32), rows.astype(np.int32)], 1)
    found = [rows[row, at].astype(np.int32)]
    for back in range(longest):
        found.append(np.where(at >= back, before[row, np.maximum(at - back, 0)], HIDDEN))
    return found, weight


def _sorted(tokens: list[Array]) -> Array:
    """The order of steps by their tokens, (steps,), the first of ``tokens`` before all others."""
    bits = (int(tokens[0].max(initial=0)) + 3).bit_length()
    words, left = list[Array](), 0
    for each in tokens:
        if left < bits:
            words.append(np.zeros(len(each), np.uint64))
            left = 64
        words[-1] = words[-1] << np.uint64(bits) | (each + 2).astype(np.uint64)
        left -= bits
    return np.lexsort(words[::-1])


def _longer(keys: Array, token: Array) -> Array:
    """Hashes of contexts with one token more."""
    keys = (keys + (token + 3).astype(np.uint64)) * MULTIPLIER
    return np.asarray(keys ^ keys >> np.uint64(29))


def _changes(x: Array) -> Array:
    """Where a sorted array differs from the entry before, and at the first entry."""
    new = np.ones(len(x), dtype=bool)
    new[1:] = x[1:] != x[:-1]
    return new
