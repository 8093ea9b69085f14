"""A mixture of diagonal normals over a vector of latents, another one for each row."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.distributions.base import Distribution
from quintet.distributions.normal import Normal
from quintet.noise import Noise

AT_ONCE = 1 << 23
"""Most numbers, draws x batch x components x latent_dim, that ``log_density`` holds at a time."""


@dataclass(frozen=True)
class RowMixture(Distribution):
    """Σ_k w_k N(loc_k, diag(scale_k²)), its parameters given for each row (Bishop, 1994).

    The coordinates hang together through the component, so ``log_prob`` spreads the log density evenly over them.
    """

    log_weight: Tensor  # (batch, components), nats; its exponentials sum to one
    loc: Tensor  # (batch, components, latent_dim)
    scale: Tensor  # (batch, components, latent_dim)

    @classmethod
    def of(cls, normal: Normal) -> RowMixture:
        """The mixture whose only component is a normal over (1, batch, latent_dim)."""
        loc, scale = normal.loc[0].unsqueeze(1), normal.scale.expand_as(normal.loc)[0].unsqueeze(1)
        return cls(loc.new_zeros(len(loc), 1), loc, scale)

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) / latent_dim in nats for each coordinate, (draws, batch, latent_dim)."""
        return (self.log_density(x) / x.shape[-1]).unsqueeze(-1).expand(x.shape)

    def log_density(self, x: Tensor) -> Tensor:
        """log p(x) in nats of x (draws, batch, latent_dim), (draws, batch)."""
        if x.numel() * self.loc.shape[1] > AT_ONCE and len(x) > 1:
            return torch.cat([self.log_density(part) for part in torch.split(x, 1)])
        inner = ((x.unsqueeze(-2) - self.loc) / self.scale).square().sum(-1)
        return (self.log_weight + self._height - 0.5 * inner).logsumexp(-1)

    def cross_entropy_bound(self, target: Normal) -> Tensor:
        """An upper bound on -E[log p(z)] over z from a normal (1, batch, latent_dim), (batch,) in nats.

        -log Σ_k w_k exp(E log N_k(z)) by Jensen's inequality: exact for one component, or where the target lies within
        one, and without noise.
        """
        loc, scale = target.loc[0].unsqueeze(-2), target.scale.expand_as(target.loc)[0].unsqueeze(-2)
        inner = (((loc - self.loc).square() + scale.square()) / self.scale.square()).sum(-1)
        return -(self.log_weight + self._height - 0.5 * inner).logsumexp(-1)

    @property
    def peak(self) -> Normal:
        """The component with the largest weight, over (1, batch, latent_dim)."""
        return self.component(self.log_weight.argmax(-1).unsqueeze(0))

    def component(self, index: Tensor) -> Normal:
        """For each row the components that ``index`` (n, batch) names, over (n, batch, latent_dim)."""
        rows = torch.arange(self.loc.shape[0], device=self.loc.device)
        return Normal(self.loc[rows, index], self.scale[rows, index])

    @property
    def mean(self) -> Tensor:
        """E[x], (1, batch, latent_dim)."""
        return (self._weight * self.loc).sum(1).unsqueeze(0)

    @property
    def variance(self) -> Tensor:
        """Var[x] of each coordinate, (1, batch, latent_dim): the components' own and that of their centres."""
        apart = (self.loc - self.mean[0].unsqueeze(1)).square()
        return (self._weight * (self.scale.square() + apart)).sum(1).unsqueeze(0)

    def choose(self, noise: Noise) -> Normal:
        """A component for each row and draw, by their weights, over (draws, batch, latent_dim)."""
        edges = self.log_weight.exp().cumsum(-1)[:, :-1]
        pick = (noise.uniform(len(edges), 1).to(edges) >= edges).sum(-1)
        return self.component(pick)

    def sample(self, noise: Noise) -> Tensor:
        """A component, then a draw of it, (draws, batch, latent_dim)."""
        return self.choose(noise).sample(noise)

    def select(self, index: object) -> RowMixture:
        """The mixtures of the rows that an index (draws, rows, ...) keeps; its coordinates cannot be parted."""
        rows = index[1] if isinstance(index, tuple) and len(index) > 1 else slice(None)
        return RowMixture(self.log_weight[rows], self.loc[rows], self.scale[rows])

    @property
    def _weight(self) -> Tensor:
        return self.log_weight.exp().unsqueeze(-1)

    @property
    def _height(self) -> Tensor:
        """log of each component's density at its centre, (batch, components)."""
        return -self.scale.log().sum(-1) - 0.5 * self.loc.shape[-1] * math.log(2 * math.pi)
