"""The distributions of all steps of some rows of tokens in one pass, each given the visible tokens of its row."""

from __future__ import annotations

import torch
from torch import Tensor

from quintet.distributions import Categorical
from quintet.models.context.visible_tokens import TokenDecoder
from quintet.networks.token_corpus import hidden_rows
from quintet.networks.token_network import TokenNetwork

AT_ONCE = 2**20
"""Counts in memory at a time: they fit into the cache."""


def every_step(decoder: TokenDecoder, x: Tensor, visible: Tensor, about: Tensor, network: TokenNetwork) -> Categorical:
    """Distribution of every step given the visible tokens that the network reads, over (draws, batch, steps).

    Parameters
    ----------
    x, visible : (draws or 1, batch, steps).
    about : (draws or 1, batch or 1, features).
    """
    draws, batch, steps = max(len(x), len(about)), x.shape[1], decoder.layout.steps
    rows = hidden_rows(x, visible).expand(draws, batch, -1).flatten(0, 1)
    features = about.expand(draws, batch, -1).flatten(0, 1)
    each = 2 * (decoder.longest + 1) * decoder.tokens * steps
    fresh, count = len(rows) - _repeats(rows, features), max(1, min(len(rows), AT_ONCE // each))
    every = torch.arange(steps, device=x.device)[None]
    pieces = zip(filled(rows, fresh, count), filled(features, fresh, count), strict=True)
    parts = [decoder.logits(part.cpu().numpy(), every.expand(len(part), -1), of, network) for part, of in pieces]
    found = torch.cat(parts)[:fresh]
    found = torch.cat([found, found[-1:].expand(len(rows) - fresh, -1, -1)])
    return Categorical(found.reshape(draws, batch, steps, decoder.tokens))


def _repeats(rows: Tensor, features: Tensor) -> int:
    """How many rows at the end repeat the one before them, such as those that fill up a batch."""
    same = (rows == rows[-1:]).all(1) & (features == features[-1:]).all(1)
    return max(0, int(same.flip(0).to(torch.int64).cumprod(0).sum()) - 1)


def filled(t: Tensor, fresh: int, count: int) -> tuple[Tensor, ...]:
    """The first ``fresh`` rows in parts of ``count``, the last one filled up with copies of the last row."""
    whole = torch.cat([t[:fresh], t[-1:].expand(-fresh % count, *t.shape[1:])])
    return torch.split(whole, count)
