"""Tokens drawn one after another: rules of a line, temperature, and the nucleus of probable tokens."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import torch
from torch import Tensor

from quintet.data.sequences.text.vocabulary import END, HALVES, PAD, PIECES
from quintet.distributions.categorical import Categorical
from quintet.distributions.chain import Chain, Group, Visible
from quintet.estimators._text.token_rows import log_shares
from quintet.models.context.visible_tokens import VisibleTokens


class Rules(Protocol):
    """Which tokens may come next."""

    def allowed(self, like: Tensor) -> Tensor:
        """(..., tokens) of bool, for log probabilities ``like`` (draws, batch, cells, tokens)."""

    def follow(self, tokens: Tensor) -> None:
        """Keep the tokens (draws, batch, cells) that were drawn."""

    @property
    def ended(self) -> Tensor | None:
        """Rows whose further tokens are certain, (draws, batch) of bool; None: none."""


class LineRules:
    """Rules of a line: an end, then padding alone; half bytes in pairs."""

    def __init__(self) -> None:
        self.ended: Tensor | None = None
        self._half: Tensor | None = None

    def allowed(self, like: Tensor) -> Tensor:
        """See ``Rules``."""
        token = torch.arange(like.shape[-1], device=like.device)
        if self.ended is None or self._half is None:
            return (token != PAD).expand(like.shape)
        halves = (token >= HALVES) & (token < PIECES)
        open_ = torch.where(self._half[..., None, None], halves, token != PAD)
        return torch.where(self.ended[..., None, None], token == PAD, open_)

    def follow(self, tokens: Tensor) -> None:
        """See ``Rules``."""
        for token in tokens.unbind(-1):
            half = (token >= HALVES) & (token < PIECES)
            ended = (token == END) | (token == PAD)
            self._half = half & ~self._half if self._half is not None else half
            self.ended = ended | self.ended if self.ended is not None else ended


class OnlyThese:
    """The same tokens everywhere.

    Parameters
    ----------
    tokens : (tokens,) of bool.
    """

    ended = None

    def __init__(self, tokens: Tensor) -> None:
        self._tokens = tokens

    def allowed(self, like: Tensor) -> Tensor:
        """See ``Rules``."""
        return self._tokens.to(like.device).expand(like.shape)

    def follow(self, tokens: Tensor) -> None:
        """See ``Rules``."""


@dataclass
class Ruled:
    """Visible cells of a chain whose tokens follow rules.

    Parameters
    ----------
    inner : the model's own.
    rules : of the tokens.
    temperature : of the tokens' log probabilities; 0: the most probable token.
    top_p : the probability of the tokens that are drawn from, the most probable ones.
    """

    inner: Visible
    rules: Rules
    temperature: float
    top_p: float
    tokens: int
    asked: Group | None = None

    def conditional(self, cells: Group) -> Categorical:
        """The distribution of some cells under the rules."""
        self.asked = cells
        found = log_shares(self.inner.conditional(cells), self.tokens)
        found = found.masked_fill(~self.rules.allowed(found), -torch.inf)
        if self.temperature == 0:
            best = torch.nn.functional.one_hot(found.argmax(-1), self.tokens).bool()
            return Categorical(torch.where(best, 0.0, -torch.inf).to(found.dtype))
        return Categorical(nucleus(torch.log_softmax(found / self.temperature, -1), self.top_p))

    def reveal(self, cells: Group, x: Tensor, visible: Tensor) -> None:
        """Make cells visible; those that were asked for just before stand in the order of the line."""
        if self.asked == cells:
            self.rules.follow(x)
            if isinstance(self.inner, VisibleTokens) and self.rules.ended is not None:
                self.inner.close(self.rules.ended)
        self.inner.reveal(cells, x, visible)


def nucleus(log_share: Tensor, top_p: float) -> Tensor:
    """The log probabilities of the fewest tokens that have ``top_p`` together, minus infinity elsewhere (Holtzman et
    al., 2020)."""
    if top_p >= 1:
        return log_share
    ordered, place = log_share.sort(-1, descending=True)
    before = ordered.exp().cumsum(-1) - ordered.exp()
    kept = torch.empty_like(before, dtype=torch.bool).scatter_(-1, place, before < top_p)
    return log_share.masked_fill(~kept, -torch.inf)


def ruled(
    chain: Chain, rules: Rules, tokens: int, temperature: float = 1.0, top_p: float = 1.0, asked: int | None = None
) -> Chain:
    """The chain whose draws follow the rules; it begins anew with each draw, so its rules serve one.

    Parameters
    ----------
    asked : rows that are asked for; what later ones draw has no meaning. None: all.
    """

    def begin(rows: Tensor) -> Ruled:
        visible = chain.begin(rows)
        if asked is not None and isinstance(visible, VisibleTokens):
            visible.close(torch.arange(rows.shape[1], device=rows.device)[None] >= asked)
        return Ruled(visible, rules, temperature, top_p, tokens)

    return replace(chain, begin=begin, in_one_pass=None)
