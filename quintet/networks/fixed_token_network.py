"""``TokenNetwork`` in fixed point, as text is entropy-coded."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import embedding_bag

from quintet.codec.arithmetic import sums
from quintet.codec.arithmetic.fixed_point import ONE, FixedLinear, cumulative, fixed
from quintet.networks.counted_shares import CountedShares
from quintet.networks.fixed_residual import FixedResidual
from quintet.networks.token_network import LEAST, TokenNetwork

Array = np.ndarray[Any, Any]
EXACT_IN_SINGLE = 2.0**24
"""Whole numbers below it are exact in float32."""


class FixedTokenNetwork:
    """p(token | the tokens before its step, features of its row) from a network that reads earlier tokens.

    Parameters
    ----------
    network : in float64, on the CPU.
    shares : by counts of what follows.
    place : (steps, features) of the steps.
    """

    def __init__(self, network: TokenNetwork, shares: CountedShares, place: Tensor) -> None:
        self.shares, self.tokens, self.offsets = shares, network.tokens, len(network.window)
        window = fixed(network.window.flatten(0, 1))
        exact = self.offsets * float(window.abs().amax()) < EXACT_IN_SINGLE
        self.window = window.to(torch.float32) if exact else window
        self.first = torch.arange(self.offsets, dtype=torch.int64) * (self.tokens + 1)
        self.bag = fixed(network.bag)
        self.bag[self.tokens] = 0.0  # hidden
        self.most = float(self.bag.abs().amax()) * max(len(place), 1) ** 0.5
        about = network.about.weight
        self.about = about[:, : about.shape[1] - place.shape[1]]
        at = sums.product(place, about[:, about.shape[1] - place.shape[1] :].T) + network.about.bias
        self.steps = fixed(at)
        inputs = torch.cat([network.from_bag.weight, network.from_counts.weight / 4], 1)
        self.inputs = FixedLinear(inputs, None, max(self.most, -ONE * float(np.log(LEAST)) + 1))
        norms = [norm for norm in network.norms if isinstance(norm, nn.LayerNorm)]
        inner, outer = (
            [each for each in part if isinstance(each, nn.Linear)] for part in (network.inner, network.outer)
        )
        self.blocks = FixedResidual(norms, inner, outer, [network.out, network.weight])

    def of_rows(self, about: Tensor) -> Tensor:
        """What the features (rows, features) of rows add to the first layer, (rows, width)."""
        return fixed(sums.product(about, self.about.T))

    def cumulative(
        self, rows: Tensor, at: Tensor, window: Tensor, bag: Tensor, contexts: list[tuple[Array, Array]]
    ) -> Tensor:
        """Cumulative probabilities of the tokens of some steps, (n, tokens).

        Parameters
        ----------
        rows : (n, width), of ``of_rows``.
        at : (n,), the steps.
        window : (n, offsets), the tokens before each, nearest first; the vocabulary's size where hidden.
        bag : (n, BAG), the mean of the visible tokens before each, in fixed point.
        contexts : as of ``CountedShares``.
        """
        shares, seen = self.shares(contexts)
        hidden = rows + self.steps[at]
        hidden += embedding_bag(window + self.first, self.window, mode="sum").to(torch.float64)
        hidden += self.inputs.whole(torch.cat([bag, shares, seen], 1))
        found = self.blocks(hidden)
        logits, weight = found[:, : self.tokens], found[:, self.tokens :] / ONE
        return cumulative(logits + weight[:, 1:2] * self.shares.alone + weight[:, :1] * shares)

    def bag_of(self, total: Tensor, count: Tensor) -> Tensor:
        """The mean of visible tokens, (n, BAG) in fixed point, from their sums and number, (n,)."""
        found = (total / count.clamp(min=1.0).sqrt()[:, None]).round_()
        return found.clamp_(-self.most, self.most)
