"""Priors p(z)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from quintet.distributions import Normal


class StandardNormal(nn.Module):
    """N(0, I) over ``latent_dim`` coordinates."""

    def __init__(self, latent_dim: int) -> None:
        super().__init__()
        self.latent_dim = latent_dim

    def forward(self, like: Tensor) -> Normal:
        """The distribution with the type and device of ``like``, (1, 1, latent_dim)."""
        loc = torch.zeros(1, 1, self.latent_dim, dtype=like.dtype, device=like.device)
        return Normal(loc, torch.ones_like(loc), standard=True)
