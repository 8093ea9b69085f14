"""The visible tokens of some rows, to which a chain adds step after step."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from quintet.data.row_layout import Steps
from quintet.distributions import Categorical
from quintet.distributions.chain import Group
from quintet.networks.token_network import TokenNetwork
from quintet.networks.token_statistics import HIDDEN

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


class VisibleTokens:
    """Rows of tokens, hidden at first.

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

    def conditional(self, cells: Group) -> Categorical:
        """p(x_i | z, visible tokens) of some steps, over (draws, batch, cells)."""
        at = torch.tensor(cells, device=self.about.device)[None].expand(len(self.rows), -1)
        found = self.decoder.logits(self.rows, at, self.about, self.network)
        return Categorical(found.reshape(*self.lead, *found.shape[1:]))

    def reveal(self, cells: Group, x: Tensor, visible: Tensor) -> None:
        """Make some tokens visible, each once, where ``visible`` is above 0; x, visible (1 or draws, batch, cells)."""
        shape = (*self.lead, len(cells))
        own, there = (t.expand(shape).flatten(0, 1).cpu().numpy() for t in (x, visible))
        part = self.rows[:, list(cells)]
        self.rows[:, list(cells)] = np.where(there > 0, own.astype(np.int32), part)
