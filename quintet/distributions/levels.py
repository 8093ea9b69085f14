"""Categorical distributions of cells with different numbers of levels, some with a code for all other levels."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.distributions.base import Distribution, entries, uniform_for
from quintet.noise import Noise

IMPOSSIBLE = -1e9
"""Logit of a code that a cell does not have."""


@dataclass(frozen=True)
class Levels(Distribution):
    """P(code j) = softmax(logits)ⱼ for each cell; x holds codes as floats.

    Codes of different levels have no distance, so a point estimate is the mode, and averages over draws are averages of
    ``shares``, never of codes.

    Parameters
    ----------
    logits : (draws, batch, cells, codes), ``IMPOSSIBLE`` beyond a cell's number of codes.
    drawn : (cells, codes) of bool, False for codes that a cell does not have and for its code ``OTHER``, which is
        scored and never drawn.
    """

    logits: Tensor
    drawn: Tensor
    has_cdf = True

    @property
    def shares(self) -> Tensor:
        """P(code) of every code, (draws, batch, cells, codes)."""
        return torch.softmax(self.logits, -1)

    @property
    def drawn_shares(self) -> Tensor:
        """P(code | the code can be drawn), (draws, batch, cells, codes)."""
        return torch.softmax(self.logits.masked_fill(~self.drawn, IMPOSSIBLE), -1)

    def log_prob(self, x: Tensor) -> Tensor:
        """Log probability in nats; about ``IMPOSSIBLE`` for a code that a cell does not have."""
        table = torch.log_softmax(self.logits, -1)
        return entries(table, x.long().clamp(0, table.shape[-1] - 1))

    @property
    def mean(self) -> Tensor:
        """The most probable code that can be drawn, (draws, batch, cells)."""
        return self.logits.masked_fill(~self.drawn, IMPOSSIBLE).argmax(-1).to(self.logits.dtype)

    @property
    def variance(self) -> Tensor:
        """P(the code is not the most probable one)."""
        return 1 - self.drawn_shares.amax(-1)

    def sample(self, noise: Noise) -> Tensor:
        """A draw of codes that can be drawn, as floats."""
        u = uniform_for(self.logits[..., 0], noise)
        steps = self.drawn_shares.cumsum(-1)
        code = (u.unsqueeze(-1) * steps[..., -1:] >= steps).sum(-1)
        return torch.minimum(code, self._last).to(self.logits.dtype)

    def cdf(self, x: Tensor) -> Tensor:
        """P(X <= x) of codes as numbers, for the entropy coder."""
        codes = torch.arange(self.logits.shape[-1], device=self.logits.device)
        return (self.shares * (codes <= x.unsqueeze(-1))).sum(-1)

    def select(self, index: object) -> Levels:
        """The distribution of the selected draws and rows, and of cells."""
        cells = index[2] if isinstance(index, tuple) and len(index) > 2 else slice(None)
        return Levels(self.logits[index], self.drawn[cells])  # type: ignore[index]

    @property
    def _last(self) -> Tensor:
        """The highest code of each cell that can be drawn, (cells,)."""
        codes = torch.arange(self.drawn.shape[-1], device=self.drawn.device)
        return torch.where(self.drawn, codes, 0).amax(-1)
