"""Base class of priors p(z), and the standard normal prior."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from quintet.distributions import Distribution, Normal
from quintet.distributions.base import Factorised
from quintet.noise import Noise


class Prior(nn.Module, ABC):
    """p(z) over ``latent_dim`` coordinates."""

    @abstractmethod
    def forward(self, like: Tensor) -> Distribution:
        """The distribution with the type and device of ``like``; it broadcasts against (draws, batch, latent_dim)."""

    @abstractmethod
    def sample(self, n: int, noise: Noise) -> Tensor:
        """z ~ p(z), (noise.draws, n, latent_dim)."""

    def log_density(self, z: Tensor) -> Tensor:
        """log p(z) in nats, (draws, batch); subclasses override it if they can compute it more cheaply."""
        prior: Distribution = self(z)
        return prior.log_prob(z).sum(-1)

    def ordered(self, like: Tensor) -> Factorised | None:
        """p(z) factorised block by block for entropy coding, in the dtype of ``like``; None if it has no such form."""
        prior: Distribution = self(like)
        return prior.ordered


class StandardNormal(Prior):
    """N(0, I)."""

    def __init__(self, latent_dim: int) -> None:
        super().__init__()
        self.latent_dim = latent_dim

    def forward(self, like: Tensor) -> Normal:
        """N(0, I), (1, 1, latent_dim)."""
        loc = torch.zeros(1, 1, self.latent_dim, dtype=like.dtype, device=like.device)
        return Normal(loc, torch.ones_like(loc), standard=True)

    def sample(self, n: int, noise: Noise) -> Tensor:
        """Standard normal draws."""
        return noise.normal(n, self.latent_dim)
