"""Learnt prior: a normalizing flow that maps z to standard normal numbers."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from quintet.distributions import Distribution
from quintet.models.flows import zuko
from quintet.models.priors.standard import Prior
from quintet.noise import Noise

BANK = (271, 828)
DRAWS = 512
"""Key and number of the fixed draws that estimate mean and variance, which have no closed form."""


class FlowDensity(Distribution):
    """p(z) = N(f(z); 0, I) |det df/dz| for a flow f; the density takes one pass, a draw one for each coordinate.

    The whole flow has no factorisation over coordinates, so ``log_prob`` divides log p(z) equally among them.
    """

    def __init__(self, layers: nn.ModuleList, latent_dim: int, like: Tensor) -> None:
        self.layers, self.latent_dim, self.like = layers, latent_dim, like

    def log_density(self, x: Tensor) -> Tensor:
        """log p(x) in nats, (draws, batch)."""
        u, log_det = zuko.forward(self.layers, x)
        return log_det - 0.5 * (u.square() + math.log(2 * math.pi)).sum(-1)

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) in nats divided equally among the coordinates, (draws, batch, latent_dim)."""
        return (self.log_density(x) / self.latent_dim).unsqueeze(-1).expand(x.shape)

    @property
    def mean(self) -> Tensor:
        """E[x] over fixed draws, (1, 1, latent_dim)."""
        return self._bank().mean(0, keepdim=True)

    @property
    def variance(self) -> Tensor:
        """Var[x] of each coordinate over fixed draws, (1, 1, latent_dim)."""
        return self._bank().var(0, keepdim=True)

    def sample(self, noise: Noise) -> Tensor:
        """One draw, (draws, 1, latent_dim)."""
        return self.sample_rows(1, noise)

    def sample_rows(self, n: int, noise: Noise) -> Tensor:
        """n independent draws, (draws, n, latent_dim)."""
        return zuko.backward(self.layers, noise.normal(n, self.latent_dim).to(self.like))[0]

    def select(self, index: object) -> FlowDensity:
        """The same distribution: all rows share it, and its coordinates are not independent."""
        return self

    def _bank(self) -> Tensor:
        with torch.no_grad():
            return self.sample_rows(1, Noise(BANK, DRAWS, device=self.like.device))


class NormalizingFlowPrior(Prior):
    """p(z) given by an autoregressive flow; ``quintet.models.flows.zuko.autoregressive`` describes the options."""

    def __init__(self, latent_dim: int, transforms: int = 3, hidden: int = 64, kind: str = "nsf") -> None:
        super().__init__()
        self.latent_dim = latent_dim
        self.layers = zuko.autoregressive(latent_dim, transforms, hidden, kind)

    def forward(self, like: Tensor) -> FlowDensity:
        """The density, with the type of ``like``."""
        return FlowDensity(self.layers, self.latent_dim, like)

    def sample(self, n: int, noise: Noise) -> Tensor:
        """z ~ p(z), (noise.draws, n, latent_dim)."""
        return self.forward(next(self.parameters())).sample_rows(n, noise)

    def log_density(self, z: Tensor) -> Tensor:
        """log p(z) in nats, (draws, batch)."""
        return self.forward(z).log_density(z)

    def to_base(self, z: Tensor) -> Tensor:
        """Map z (..., latent_dim) to standard normal numbers."""
        return zuko.forward(self.layers, z)[0]

    def from_base(self, u: Tensor) -> Tensor:
        """Map standard normal numbers u (..., latent_dim) to z."""
        return zuko.backward(self.layers, u)[0]
