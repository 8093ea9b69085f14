"""The visible tokens of some rows, to which a chain adds step after step."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from quintet.data.row_layout import Steps
from quintet.distributions import Categorical
from quintet.distributions.chain import Group
from quintet.networks.token_network import BAG, TokenNetwork
from quintet.networks.token_statistics import HIDDEN
from quintet.transfers import send

Array = np.ndarray[Any, Any]


class TokenDecoder(Protocol):
    """A decoder that predicts a step from the visible tokens of its row."""

    layout: Steps
    tokens: int
    longest: int
    in_order: TokenNetwork
    from_known: TokenNetwork

    def about(self, z: Tensor | None, condition: Tensor | None, has_z: Tensor | None = None, /) -> Tensor:
        """Features of z and of the condition."""

    def logits(
        self, rows: Array, at: Tensor, about: Tensor, network: TokenNetwork, counted: Array | None = None, /
    ) -> Tensor:
        """Logits of steps, (n, steps asked, tokens)."""

    def next_logits(self, near: Array, step: int, bags: Tensor, about: Tensor, /) -> Tensor:
        """Logits of one step by the tokens before it, (n, tokens)."""

    @property
    def reach(self) -> int:
        """How many tokens before a step are read one by one."""


class VisibleTokens:
    """Rows of tokens, hidden at first.

    A chain asks for one step after another. Where only earlier tokens are read, a step costs what is new: the sum of
    the tokens before it is carried on, and rows that are closed are left out.

    Parameters
    ----------
    decoder : of the rows.
    network : of the windows.
    about : (draws or 1, batch or 1, features), what z and the condition say.
    like : (draws, batch), of the dtype and device of the cells.
    """

    def __init__(self, decoder: TokenDecoder, network: TokenNetwork, about: Tensor, like: Tensor) -> None:
        self.decoder, self.network, self.lead = decoder, network, like.shape
        self.about = about.expand(*like.shape, about.shape[-1]).flatten(0, 1)
        self.rows = np.full((like.numel(), decoder.layout.steps), HIDDEN, dtype=np.int32)
        self.open = np.ones(len(self.rows), dtype=bool)
        self.before = TokensBefore(self.rows, network) if network is decoder.in_order else None

    def close(self, rows: Tensor) -> None:
        """Leave rows out from now on, (draws or 1, batch) of bool: their tokens are not asked for, and their logits
        are 0."""
        self.open &= ~rows.expand(self.lead).flatten().cpu().numpy()

    def conditional(self, cells: Group) -> Categorical:
        """p(x_i | z, visible tokens) of some steps, over (draws, batch, cells)."""
        if self.before is not None and len(cells) == 1:
            found = self._next(self.before, *cells)[:, None]
        else:
            at = torch.tensor(cells, device=self.about.device)[None].expand(len(self.rows), -1)
            found = self.decoder.logits(self.rows, at, self.about, self.network)
        return Categorical(found.reshape(*self.lead, *found.shape[1:]))

    def _next(self, before: TokensBefore, step: int) -> Tensor:
        """Logits of one step, (n, tokens)."""
        some = np.flatnonzero(self.open)
        if not len(some):
            return self.about.new_zeros(len(self.rows), self.network.tokens)
        which = send(torch.from_numpy(some), self.about.device)
        near = self.rows[some, max(0, step - self.decoder.reach) : step]
        found = self.decoder.next_logits(near, step, before.bags(step)[which], self.about[which])
        if len(some) == len(self.rows):
            return found
        return found.new_zeros(len(self.rows), found.shape[-1]).index_copy(0, which, found)

    def reveal(self, cells: Group, x: Tensor, visible: Tensor) -> None:
        """Make some tokens visible, each once, where ``visible`` is above 0; x, visible (1 or draws, batch, cells)."""
        shape = (*self.lead, len(cells))
        own, there = (t.expand(shape).flatten(0, 1).cpu().numpy() for t in (x, visible))
        part = self.rows[:, list(cells)]
        self.rows[:, list(cells)] = np.where(there > 0, own.astype(np.int32), part)
        if self.before is not None and (there > 0).any():
            self.before.changed(min(cells))


class TokensBefore:
    """What the visible tokens before a step sum to; the sum goes on from the step that was asked for last.

    Parameters
    ----------
    rows : (n, steps) of int32, ``HIDDEN`` where a token is not visible; they change.
    network : whose vectors of tokens are summed.
    """

    def __init__(self, rows: Array, network: TokenNetwork) -> None:
        self.rows, self.network, self.step = rows, network, 0
        self.total = torch.zeros(len(rows), BAG, dtype=torch.float64, device=network.bag.device)
        self.count = torch.zeros(len(rows), 1, dtype=torch.float64, device=network.bag.device)

    def changed(self, step: int) -> None:
        """Forget the sum if a step that it holds has changed."""
        if step < self.step:
            self.step, self.total, self.count = 0, torch.zeros_like(self.total), torch.zeros_like(self.count)

    def bags(self, step: int) -> Tensor:
        """The sum of the tokens before a step over the root of their number, (n, BAG)."""
        self.changed(step)
        bag = self.network.bag
        for own in self.rows[:, self.step : step].T:
            token = send(torch.from_numpy(own.astype(np.int64)), bag.device)
            there = (token != HIDDEN).unsqueeze(-1)
            self.total = self.total + torch.where(there, bag[token.clamp(min=0)], 0.0)
            self.count = self.count + there
        self.step = step
        return self.total.to(bag.dtype) / self.count.to(bag.dtype).clamp(min=1.0).sqrt()
