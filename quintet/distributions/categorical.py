"""Categorical distribution over the levels 0 .. levels-1, which have no order."""

from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.distributions.base import Distribution, entries, uniform_for
from quintet.noise import Noise


@dataclass(frozen=True)
class Categorical(Distribution):
    """P(x = j) = softmax(logits)ⱼ; logits (draws, batch, *row, levels), x holds levels as floats.

    ``mean`` is differentiable, for training; an answer contains ``point``.
    """

    logits: Tensor
    has_cdf = True

    def log_prob(self, x: Tensor) -> Tensor:
        """Log probability in nats; NaN of a missing level."""
        table = torch.log_softmax(self.logits, -1)
        missing = torch.isnan(x)
        return entries(table, torch.where(missing, 0.0, x).long()).masked_fill(missing, torch.nan)

    def pmf_table(self) -> Tensor:
        """P(x = j) for every level, (draws, batch, *row, levels)."""
        return torch.softmax(self.logits, -1)

    @property
    def mean(self) -> Tensor:
        """E[x] of the levels as numbers."""
        table = self.pmf_table()
        return (table * torch.arange(table.shape[-1], dtype=table.dtype, device=table.device)).sum(-1)

    @property
    def point(self) -> Tensor:
        """The most probable level."""
        return self.logits.argmax(-1).to(self.logits.dtype)

    @property
    def variance(self) -> Tensor:
        """Var[x] of the levels as numbers."""
        table = self.pmf_table()
        level = torch.arange(table.shape[-1], dtype=table.dtype, device=table.device)
        return (table * (level - self.mean.unsqueeze(-1)).square()).sum(-1)

    def sample(self, noise: Noise) -> Tensor:
        """A draw of levels, as floats."""
        u = uniform_for(self.logits[..., 0], noise)
        return (u.unsqueeze(-1) >= self.pmf_table().cumsum(-1)[..., :-1]).sum(-1).to(self.logits.dtype)

    def cdf(self, x: Tensor) -> Tensor:
        """P(X <= x)."""
        levels = torch.arange(self.logits.shape[-1], device=self.logits.device)
        return (self.pmf_table() * (levels <= x.unsqueeze(-1))).sum(-1)

    def select(self, index: object) -> "Categorical":
        """The distribution of the selected elements."""
        return Categorical(self.logits[index])  # type: ignore[index]
