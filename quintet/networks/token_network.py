"""p(token | the visible tokens around its step, their counts in training, features of z)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding, silu

from quintet.networks.dropout import Dropout

BAG = 32
"""Width of the mean of all visible tokens of a row."""
LEAST = 1e-9
"""Least probability of a token by counts."""


class CountedTokens(nn.Module):
    """Probabilities by counts of every order: absolute discounting, with discounts that are learnt.

    p_n = (counts less discounts + the discounts' sum · p_{n-1}) / the counts' sum (Kneser and Ney, 1995), with three
    discounts of each order (Chen and Goodman, 1999), from the uniform distribution on. Training leaves each row out of
    its own counts, so the discounts are those of new rows.

    Parameters
    ----------
    orders : number of orders, 0 included.
    """

    def __init__(self, orders: int) -> None:
        super().__init__()
        self.discount = nn.Parameter(torch.zeros(orders, 3, dtype=torch.float32))

    def forward(self, counts: Tensor) -> Tensor:
        """Counts (..., orders, tokens) -> log probabilities in nats, (..., tokens)."""
        one, two, more = torch.sigmoid(self.discount).to(counts.dtype).unsqueeze(-1).unbind(1)
        less = torch.where(counts > 2, 3 * more, torch.where(counts > 1, 2 * two, one * (counts > 0).to(counts.dtype)))
        less = torch.minimum(less, counts)
        total, kept, left = counts.sum(-1, keepdim=True), counts - less, less.sum(-1, keepdim=True)
        seen, total = total > 0, total.clamp(min=1.0)
        found = torch.full_like(counts[..., 0, :], 1 / counts.shape[-1])
        for order in range(counts.shape[-2]):
            mixed = (kept[..., order, :] + left[..., order, :] * found) / total[..., order, :]
            found = torch.where(seen[..., order, :], mixed, found)
        return found.clamp(min=LEAST).log()


class TokenNetwork(nn.Module):
    """A residual network over the tokens of a window, beside the probabilities by counts.

    The logits are weighted log probabilities by counts of each direction, with weights that the network finds, plus
    the network's own, which begin at 0.

    Parameters
    ----------
    tokens : size of the vocabulary.
    offsets : number of steps of the window.
    directions : 1: tokens before the step; 2: and after it.
    orders : number of orders of the counts, 0 included.
    others : number of further features of a step.
    width, blocks : of the network.
    dropout : rate, in training.
    """

    def __init__(
        self,
        tokens: int,
        offsets: int,
        directions: int,
        orders: int,
        others: int,
        width: int,
        blocks: int,
        dropout: float,
    ) -> None:
        super().__init__()
        self.tokens = tokens
        self.window = nn.Parameter(torch.randn(offsets, tokens + 1, width, dtype=torch.float32) / math.sqrt(offsets))
        self.bag = nn.Parameter(torch.randn(tokens + 1, BAG, dtype=torch.float32))
        self.from_bag = nn.Linear(directions * BAG, width, bias=False)
        self.counted = nn.ModuleList(CountedTokens(orders) for _ in range(directions))
        self.from_counts = nn.Linear(directions * (tokens + orders), width, bias=False)
        self.about = nn.Linear(others, width)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(blocks + 1))
        self.inner = nn.ModuleList(nn.Linear(width, width) for _ in range(blocks))
        self.outer = nn.ModuleList(nn.Linear(width, width) for _ in range(blocks))
        self.dropout = Dropout(dropout, by_row=True)
        self.out = nn.Linear(width, tokens)
        self.weight = nn.Linear(width, directions + 1)
        with torch.no_grad():
            for layer in (*self.outer, self.out, self.weight):
                assert isinstance(layer, nn.Linear)
                layer.weight.zero_()
                layer.bias.zero_()
            self.weight.bias[:directions] = 1.0
            self.weight.bias[directions] = 1.0 - directions  # both sides count the token's own frequency

    def forward(self, window: Tensor, bags: Tensor, counts: Tensor, about: Tensor) -> Tensor:
        """Logits of steps, (n, tokens).

        Parameters
        ----------
        window : (n, offsets) of int64, the vocabulary's size where hidden.
        bags : (n, directions * BAG), the mean of the visible tokens on each side.
        counts : (n, directions, orders, tokens).
        about : (n, others).
        """
        by_counts = [part(counts[:, side]) for side, part in enumerate(self.counted)]
        seen = torch.cat([*(each / 4 for each in by_counts), counts.sum(-1).add(1).log().flatten(1) / 4], -1)
        hidden = self.about(about) + self.from_bag(bags) + self.from_counts(seen)
        first = torch.arange(0, self.window.shape[0] * (self.tokens + 1), self.tokens + 1, device=window.device)
        hidden = self.dropout(hidden + embedding(window + first, self.window.flatten(0, 1)).sum(1))
        for norm, inner, outer in zip(self.norms[:-1], self.inner, self.outer, strict=True):
            hidden = hidden + self.dropout(outer(silu(inner(norm(hidden)))))
        hidden = self.norms[-1](hidden)
        weight, frequency = self.weight(hidden), self.counted[0](counts[:, 0, :1])
        logits: Tensor = self.out(hidden) + weight[:, -1:] * frequency
        for side, each in enumerate(by_counts):
            logits = logits + weight[:, side, None] * each
        return logits


def windows(token: Tensor, at: Tensor, radius: int, border: int, both: bool) -> Tensor:
    """The tokens before steps, nearest first, and those after them, (n, steps asked, offsets)."""
    edge = token.new_full((len(token), radius), border)
    wide = torch.cat([edge, token, edge], 1)
    distance = torch.arange(1, radius + 1, device=at.device)
    offsets = torch.cat([-distance, distance]) if both else -distance
    places = at[..., None] + radius + offsets
    return wide.gather(1, places.flatten(1)).reshape(places.shape)


def visible_means(vectors: Tensor, token: Tensor, at: Tensor, border: int, both: bool) -> Tensor:
    """The mean of the visible tokens on each side of steps, (n, steps asked, directions * BAG).

    Parameters
    ----------
    vectors : (tokens + 1, BAG).
    token : (n, steps) of int64, ``border`` where hidden.
    """
    visible = (token < border).to(vectors.dtype)
    each = vectors[token] * visible.unsqueeze(-1)
    parts = []
    for flip in (False, True) if both else (False,):
        values, there = (t.flip(1) if flip else t for t in (each, visible))
        total, count = (torch.cat([0 * t[:, :1], t.cumsum(1)[:, :-1]], 1) for t in (values, there))
        place = token.shape[1] - 1 - at if flip else at
        sums = total.gather(1, place.unsqueeze(-1).expand(-1, -1, BAG))
        parts.append(sums / count.gather(1, place).clamp(min=1.0).sqrt().unsqueeze(-1))
    return torch.cat(parts, -1)
