"""The distributions of all steps of some rows of tokens in one pass, each given the visible tokens of its row."""

from __future__ import annotations

import torch
from torch import Tensor

from quintet.distributions import Categorical
from quintet.models.context.visible_tokens import TokenDecoder
from quintet.networks.token_corpus import hidden_rows
from quintet.networks.token_network import TokenNetwork

AT_ONCE = 2**23
"""Counts in memory at a time."""


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
    count = max(1, AT_ONCE // each)
    every = torch.arange(steps, device=x.device)[None]
    found = [
        decoder.logits(part.cpu().numpy(), every.expand(len(part), -1), of, network)
        for part, of in zip(torch.split(rows, count), torch.split(features, count), strict=True)
    ]
    return Categorical(torch.cat(found).reshape(draws, batch, steps, decoder.tokens))
