"""Probabilities of tokens by counts, of new rows: ``CountedTokens`` with the same bits on every machine."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from quintet.codec.arithmetic import elementary
from quintet.codec.arithmetic.fixed_point import ONE
from quintet.networks.token_network import LEAST
from quintet.networks.token_statistics import OrderCounts, TokenCounts

Array = np.ndarray[Any, Any]
MANTISSA = 11
"""Leading bits of a probability's mantissa by which its logarithm is found."""
SHIFT = np.int64(52 - MANTISSA)
SMALLEST = np.float64(2.0**-30)


class CountedShares:
    """log p of every token given the contexts before it, by counts with learnt discounts.

    What ``CountedTokens`` calculates for each step is divided among the contexts beforehand: the share that a context
    leaves to shorter ones, and what each pair of a context and a token adds.

    Parameters
    ----------
    counts : of what follows.
    discount : (orders, 3), of ``CountedTokens``.
    tokens : size of the vocabulary.
    """

    def __init__(self, counts: TokenCounts, discount: Array, tokens: int) -> None:
        share = elementary.sigmoid(discount.astype(np.float64))
        self.counts, self.tokens = counts, tokens
        longest = len(counts.orders) - 1
        parts = [_of_order(each, share[n], n == longest) for n, each in enumerate(counts.orders)]
        self.left, self.added, self.seen = zip(*parts, strict=True)
        edges = np.arange(_place(np.ones(1))[0] + 2) << SHIFT
        middle = (edges + _bits(SMALLEST) + (np.int64(1) << (SHIFT - 1))).view(np.float64)
        self.log = np.rint(elementary.log(middle) * ONE)
        empty = np.zeros(1, np.uint64), np.ones(1, bool)
        self.alone = self([empty])[0][0]

    def __call__(self, contexts: list[tuple[Array, Array]]) -> tuple[Tensor, Tensor]:
        """log p of every token, (n, tokens), and ln(1 + how often a context of each order was seen), (n, orders), both
        in fixed point.

        Parameters
        ----------
        contexts : hashes (n,) of the contexts of each order, and whether they are known.
        """
        count = len(contexts[0][0])
        share = np.full((count, self.tokens), 1 / self.tokens)
        flat, seen, asked = share.reshape(-1), np.zeros((count, len(self.left))), np.arange(count)
        for order, (keys, usable) in enumerate(contexts):
            asked = asked[usable[asked]]
            place, there = self.counts.orders[order].places(keys[asked])
            asked, place = asked[there], place[there]  # a longer context of one that was not seen was not seen
            if not len(asked):
                break
            left = np.ones(count)
            left[asked] = self.left[order][place]
            share *= left[:, None]
            owner, pair = self.counts.orders[order].pairs(place)
            flat[asked[owner] * self.tokens + self.counts.orders[order].token[pair]] += self.added[order][pair]
            seen[asked, order] = self.seen[order][place]
        return torch.from_numpy(self.log.take(_place(np.maximum(share, LEAST)), mode="clip")), torch.from_numpy(seen)


def _of_order(each: OrderCounts, share: Array, is_longest: bool) -> tuple[Array, Array, Array]:
    """The share that each context leaves to shorter ones, what each pair adds, and ln(1 + count) in fixed point."""
    if not len(each.keys):
        return np.zeros(0), np.zeros(0), np.zeros(0)
    own, start = (each.count if is_longest else each.kinds).astype(np.float64), each.first[:-1]
    less = np.array([0.0, share[0], 2 * share[1], 3 * share[2]])
    kind = np.minimum(own, 3).astype(np.int64)
    total = np.add.reduceat(own, start)
    lost = np.zeros(len(total))
    for which in (1, 2, 3):
        lost += less[which] * np.add.reduceat((kind == which).astype(np.float64), start)
    added = (own - less[kind]) / np.repeat(total, np.diff(each.first))
    return lost / total, added, np.rint(elementary.log(total + 1) * ONE)


def _bits(x: Any) -> Any:
    return np.asarray(x, np.float64).view(np.int64)


def _place(share: Array) -> Array:
    """The place of a probability in the table of logarithms."""
    return np.asarray((share.view(np.int64) >> SHIFT) - (_bits(SMALLEST) >> SHIFT))
