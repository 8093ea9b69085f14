"""Mixture of diagonal normals over a vector of latents, with separate parameters for each row."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.distributions.base import Distribution
from quintet.distributions.normal import Normal
from quintet.noise import Noise

AT_ONCE = 1 << 23
"""Largest number of elements, draws x batch x components x latent_dim, that ``log_density`` computes at a time."""


@dataclass(frozen=True)
class RowMixture(Distribution):
    """Σ_k w_k N(loc_k, diag(scale_k²)) with parameters for each row (Bishop, 1994).

    The coordinates are dependent through the component, so ``log_prob`` divides the log density equally among them.
    """

    log_weight: Tensor  # (batch, components), nats; the exponentials sum to 1
    loc: Tensor  # (batch, components, latent_dim)
    scale: Tensor  # (batch, components, latent_dim)

    @classmethod
    def of(cls, normal: Normal) -> RowMixture:
        """The mixture whose only component is a normal over (1, batch, latent_dim)."""
        loc, scale = normal.loc[0].unsqueeze(1), normal.scale.expand_as(normal.loc)[0].unsqueeze(1)
        return cls(loc.new_zeros(loc.shape[0], 1), loc, scale)

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) / latent_dim in nats for each coordinate, (draws, batch, latent_dim)."""
        return (self.log_density(x) / x.shape[-1]).unsqueeze(-1).expand(x.shape)

    def log_density(self, x: Tensor) -> Tensor:
        """log p(x) in nats, (draws, batch), for x (draws, batch, latent_dim)."""
        if x.numel() * self.loc.shape[1] > AT_ONCE and len(x) > 1:
            return torch.cat([self.log_density(part) for part in torch.split(x, 1)])
        inner = ((x.unsqueeze(-2) - self.loc) / self.scale).square().sum(-1)
        return (self.log_weight + self._height - 0.5 * inner).logsumexp(-1)

    def cross_entropy_bound(self, target: Normal) -> Tensor:
        """Upper bound on the cross-entropy -E[log p(z)] for z from a normal (1, batch, latent_dim), (batch,) in nats.

        -log Σ_k w_k exp(E log N_k(z)) by Jensen's inequality; exact for one component, or if one component dominates.
        """
        loc, scale = target.loc[0].unsqueeze(-2), target.scale.expand_as(target.loc)[0].unsqueeze(-2)
        inner = (((loc - self.loc).square() + scale.square()) / self.scale.square()).sum(-1)
        return -(self.log_weight + self._height - 0.5 * inner).logsumexp(-1)

    @property
    def peak(self) -> Normal:
        """The component with the largest weight, over (1, batch, latent_dim)."""
        return self.component(self.log_weight.argmax(-1).unsqueeze(0))

    def component(self, index: Tensor) -> Normal:
        """The components ``index`` (n, batch) of each row, over (n, batch, latent_dim)."""
        rows = torch.arange(self.loc.shape[0], device=self.loc.device)
        return Normal(self.loc[rows, index], self.scale[rows, index])

    @property
    def mean(self) -> Tensor:
        """E[x], (1, batch, latent_dim)."""
        return (self._weight * self.loc).sum(1).unsqueeze(0)

    @property
    def variance(self) -> Tensor:
        """Var[x] of each coordinate, (1, batch, latent_dim): within and between components."""
        apart = (self.loc - self.mean[0].unsqueeze(1)).square()
        return (self._weight * (self.scale.square() + apart)).sum(1).unsqueeze(0)

    def choose(self, noise: Noise) -> Normal:
        """A random component for each row and draw by the weights, over (draws, batch, latent_dim)."""
        edges = self.log_weight.exp().cumsum(-1)[:, :-1]
        pick = (noise.uniform(edges.shape[0], 1).to(edges) >= edges).sum(-1)
        return self.component(pick)

    def sample(self, noise: Noise) -> Tensor:
        """A draw, (draws, batch, latent_dim): a component, then its normal."""
        return self.choose(noise).sample(noise)

    def select(self, index: object) -> RowMixture:
        """The mixtures of the rows selected by an index (draws, rows, ...); coordinates are dependent."""
        rows = index[1] if isinstance(index, tuple) and len(index) > 1 else slice(None)
        return RowMixture(self.log_weight[rows], self.loc[rows], self.scale[rows])

    @property
    def _weight(self) -> Tensor:
        return self.log_weight.exp().unsqueeze(-1)

    @property
    def _height(self) -> Tensor:
        """Log density of each component at its centre, (batch, components)."""
        return -self.scale.log().sum(-1) - 0.5 * self.loc.shape[-1] * math.log(2 * math.pi)
