"""Spherical VAE: a von Mises-Fisher posterior, a uniform prior, and a decoder that reads the direction of z."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import hardtanh, normalize

from quintet.distributions import Distribution
from quintet.distributions.sphere import VonMisesFisher
from quintet.models.flat import Flat

MIN_LOG, MAX_LOG = -5.0, 10.0
"""Bounds of log(κ / latent_dim), from almost uniform to a spread of 0.007 of the prior's."""


class VonMisesFisherHead(nn.Module):
    """Linear layer from encoder features to the mean direction and concentration κ of a von Mises-Fisher."""

    def __init__(self, features: int, latent_dim: int) -> None:
        super().__init__()
        self.latent_dim = latent_dim
        self.head = nn.Linear(features, latent_dim + 1)

    def forward(self, features: Tensor) -> VonMisesFisher:
        """(batch, features) -> a distribution over (1, batch, latent_dim)."""
        raw = self.head(features)[None]
        raw = raw if raw.dtype == torch.float64 else raw.float()
        pointer, log_share = raw.split([self.latent_dim, 1], -1)
        concentration = self.latent_dim * hardtanh(log_share, MIN_LOG, MAX_LOG).exp()
        return VonMisesFisher(normalize(pointer, dim=-1), concentration)


class SphereModel(Flat):
    """VAE with p(z) = N(0, I), whose directions are uniform, and a decoder that ignores the radius of z."""

    def decode(
        self, z: Tensor, condition: Tensor | None = None, x: Tensor | None = None, visible: Tensor | None = None
    ) -> Distribution:
        """p(x | direction of z) over (draws, batch, *row)."""
        return super().decode(math.sqrt(self.latent_dim) * normalize(z, dim=-1), condition, x, visible)
