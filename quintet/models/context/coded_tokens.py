"""Rows of tokens as they are entropy-coded: step after step, in fixed point, without what follows the end of a line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from quintet.codec.arithmetic.fixed_point import on_whole_numbers
from quintet.codec.entropy.level_table import LevelTable
from quintet.distributions.chain import Group
from quintet.networks.fixed_token_network import FixedTokenNetwork
from quintet.networks.token_network import BAG
from quintet.networks.token_statistics import HIDDEN, contexts

Array = np.ndarray[Any, Any]
TOGETHER = 1024
"""About how many steps are evaluated at once: their numbers fit into the cache."""


class CodedTokens:
    """p(token | z, tokens before it) of rows of tokens.

    Parameters
    ----------
    network : in fixed point.
    about : what z and the condition say of rows, (1, rows or 1, features).
    steps : of a row.
    longest : most tokens of a context that is counted.
    ending : the token after which a row has nothing to code; None: there is none.
    """

    def __init__(
        self,
        network: FixedTokenNetwork,
        about: Callable[[Tensor | None, Tensor | None], Tensor],
        steps: int,
        longest: int,
        ending: int | None,
    ) -> None:
        self.network, self.about, self.steps, self.longest, self.ending = network, about, steps, longest, ending

    def begin(self, z: Tensor | None, condition: Tensor | None, count: int) -> CodedRows:
        """``count`` rows of which no token is visible yet; z (1, rows, latent_dim), or None."""
        return CodedRows(self, self._own(z, condition, count))

    def _own(self, z: Tensor | None, condition: Tensor | None, count: int) -> Tensor:
        return self.network.of_rows(self.about(z, condition)[0]).expand(count, -1)

    def in_one_pass(self, x: Tensor, observed: Tensor, z: Tensor | None, condition: Tensor | None) -> LevelTable:
        """The distribution of every token given those before it, over (1, rows, steps); x, observed (rows, steps)."""
        own = self._own(z, condition, len(x))
        with on_whole_numbers():
            rows = np.where(observed.numpy() > 0, x.numpy(), HIDDEN).astype(np.int32)
            row, at = np.nonzero(self._open(rows))
            place = np.zeros(rows.shape, dtype=np.int64)
            place[row, at] = np.arange(len(row))
            ends = np.searchsorted(row, np.arange(len(rows) + 1))
            parts, start = [], 0
            while start < len(rows):
                stop = max(start + 1, int(np.searchsorted(ends, ends[start] + TOGETHER, side="right")) - 1)
                some = slice(ends[start], ends[stop])
                parts.append(self._of_rows(rows[start:stop], own[start:stop], row[some] - start, at[some]))
                start = stop
        return LevelTable(torch.cat(parts).numpy(), place[None])

    def _of_rows(self, rows: Array, own: Tensor, row: Array, at: Array) -> Tensor:
        """Cumulative probabilities of the steps ``at`` of rows ``row``, (n, tokens)."""
        which, step = torch.from_numpy(row), torch.from_numpy(at)
        token = torch.from_numpy(np.where(rows == HIDDEN, self.network.tokens, rows)).long()
        edge = token.new_full((len(rows), self.network.offsets), self.network.tokens)
        window = torch.cat([edge, token], 1).unfold(1, self.network.offsets, 1)[which, step].flip(1)
        total = torch.zeros(len(rows), self.steps + 1, BAG, dtype=torch.float64)
        total[:, 1:] = self.network.bag[token].cumsum(1)
        seen = torch.zeros(len(rows), self.steps + 1, dtype=torch.float64)
        seen[:, 1:] = (token < self.network.tokens).to(torch.float64).cumsum(1)
        bag = self.network.bag_of(total[which, step], seen[which, step])
        known = [(keys[row, at], usable[row, at]) for keys, usable in contexts(rows, self.longest)]
        return self.network.cumulative(own[which], step, window, bag, known)

    def _open(self, rows: Array) -> Array:
        """The steps up to the end of each line, (rows, steps) of bool."""
        found = np.ones(rows.shape, dtype=bool)
        if self.ending is not None:
            found[:, 1:] = ~np.logical_or.accumulate(rows[:, :-1] == self.ending, 1)
        return found


class CodedRows:
    """Rows of tokens, hidden at first.

    Parameters
    ----------
    coded : what predicts them.
    own : (rows, width), what their features add.
    """

    def __init__(self, coded: CodedTokens, own: Tensor) -> None:
        self.coded, self.own = coded, own
        self.rows = np.full((len(own), coded.steps), HIDDEN, dtype=np.int32)
        self.total = torch.zeros(len(own), BAG, dtype=torch.float64)
        self.seen = torch.zeros(len(own), dtype=torch.float64)
        self.open = np.ones(len(own), dtype=bool)

    def conditional(self, cells: Group) -> LevelTable:
        """p(token | z, visible tokens) of one step, over (1, rows, 1)."""
        ((step,), some), network = (cells, np.flatnonzero(self.open)), self.coded.network
        with on_whole_numbers():
            which, place = torch.from_numpy(some), np.zeros((1, len(self.rows), 1), dtype=np.int64)
            place[0, some, 0] = np.arange(len(some))
            if not len(some):
                return LevelTable(np.ones((1, network.tokens)), place)
            near = self.rows[some, max(0, step - network.offsets) : step][:, ::-1]
            window = torch.full((len(some), network.offsets), network.tokens, dtype=torch.int64)
            window[:, : near.shape[1]] = torch.from_numpy(np.where(near == HIDDEN, network.tokens, near))
            start = max(0, step - self.coded.longest)
            last = contexts(self.rows[some, start : step + 1], self.coded.longest)
            known = [(keys[:, -1], usable[:, -1]) for keys, usable in last]
            bag = network.bag_of(self.total[which], self.seen[which])
            at = torch.full((len(some),), step, dtype=torch.int64)
            found = network.cumulative(self.own[which], at, window, bag, known)
        return LevelTable(found.numpy(), place)

    def reveal(self, cells: Group, x: Tensor, visible: Tensor) -> None:
        """Make the tokens of one step visible, each once, where ``visible`` is above 0; x, visible (1, rows, 1)."""
        (step,) = cells
        with on_whole_numbers():
            there = visible[0, :, 0] > 0
            token = torch.where(there, x[0, :, 0], self.coded.network.tokens).long()
            self.total += self.coded.network.bag[token]
            self.seen += there
        self.rows[:, step] = np.where(there.numpy(), token.numpy(), HIDDEN)
        if self.coded.ending is not None:
            self.open &= self.rows[:, step] != self.coded.ending
