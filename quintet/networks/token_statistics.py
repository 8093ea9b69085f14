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
    token : (pairs,), the tokens of each context, ascending.
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
        place = np.searchsorted(self.keys, keys).clip(max=len(self.keys) - 1)
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
        orders: list[OrderCounts] = []
        once = np.ones(rows.shape, dtype=bool)
        for keys, usable in reversed(list(contexts(rows, longest))):
            use = usable & (rows != HIDDEN)
            orders.append(_counted(keys[use], rows[use], once[use]))
            once = _one_of_each(keys, rows, use)
        self.orders = tuple(reversed(orders))

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
        token[:, back:] = before[:, : steps - back]
        keys = (keys + (token + 3).astype(np.uint64)) * MULTIPLIER
        keys ^= keys >> np.uint64(29)
        usable = usable & (token != HIDDEN)
        yield keys, usable


def _counted(key: Array, token: Array, once: Array) -> OrderCounts:
    """The counts of steps (n,); ``once``: whether a step is the one that counts of its pair with a longer context."""
    order = np.lexsort((token, key))
    key, token, once = key[order], token[order], once[order]
    start = np.flatnonzero(_changes(key, token))
    count = np.diff(np.append(start, len(key)))
    kinds = np.add.reduceat(once.astype(np.int64), start) if len(start) else start
    key, token = key[start], token[start]
    fresh = np.flatnonzero(_changes(key, key))
    return OrderCounts(key[fresh], np.append(fresh, len(key)), token, count.astype(np.int32), kinds.astype(np.int32))


def _one_of_each(keys: Array, rows: Array, use: Array) -> Array:
    """One step of each pair of a context and a token among the steps ``use``; all others, which have no such context.
    (rows, steps) of bool."""
    key, token = keys[use], rows[use]
    order = np.lexsort((token, key))
    found = np.zeros(len(key), dtype=bool)
    found[order[_changes(key[order], token[order])]] = True
    out = ~use
    out[use] = found
    return out


def _changes(one: Array, two: Array) -> Array:
    """Where either of two sorted arrays differs from the entry before, and at the first entry."""
    new = np.ones(len(one), dtype=bool)
    new[1:] = (one[1:] != one[:-1]) | (two[1:] != two[:-1])
    return new
