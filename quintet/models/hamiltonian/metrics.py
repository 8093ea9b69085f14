"""Metrics of the latent space for the leapfrog integrator."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus


class Metric(nn.Module, ABC):
    """Inverse mass m(z) > 0 of each latent."""

    @abstractmethod
    def forward(self, z: Tensor) -> Tensor:
        """m(z), broadcastable to (draws, batch, latent_dim)."""

    @abstractmethod
    def drift(self, z: Tensor, momentum: Tensor, step: Tensor) -> tuple[Tensor, Tensor]:
        """z and momentum after unit time under the kinetic energy ½ Σ m(z) momentum².

        ``step`` scales the time unit of each latent. The map is reversible by negating the momentum and preserves
        volume.
        """


class EuclideanMetric(Metric):
    """m = 1 everywhere."""

    def forward(self, z: Tensor) -> Tensor:
        """One."""
        return z.new_ones(())

    def drift(self, z: Tensor, momentum: Tensor, step: Tensor) -> tuple[Tensor, Tensor]:
        """Straight motion."""
        return z + step * momentum, momentum


class Centroids(Metric):
    """m(z) = 1 + Σᵢ dᵢ exp(-|z - cᵢ|² / T²), with a learnt diagonal dᵢ at each learnt centroid cᵢ.

    The metric of Chadebec, Mantoux and Allassonnière, "Geometry-aware Hamiltonian variational auto-encoder", 2020,
    with one change: m of the first half of the latents depends on the second half only, and the reverse. A latent's own
    m is then constant while it moves, so each half moves in closed form. The path is exactly reversible and preserves
    volume, so the ELBO stays a lower bound; the paper solves an implicit step by iteration, which preserves volume only
    in the limit.
    """

    def __init__(self, latent_dim: int, count: int) -> None:
        super().__init__()
        self.split = (latent_dim + 1) // 2
        self.centres = nn.Parameter(torch.randn(count, latent_dim, dtype=torch.float32))
        self.heights = nn.Parameter(torch.full((count, latent_dim), -2.0, dtype=torch.float32))
        self.log_width = nn.Parameter(torch.tensor(0.5 * math.log(latent_dim), dtype=torch.float32))

    def forward(self, z: Tensor) -> Tensor:
        """(draws, batch, latent_dim)."""
        parts = [1 + self._near(z, other) @ softplus(self.heights[:, own]) for own, other in self._halves()]
        return torch.cat(parts, dim=-1)

    def drift(self, z: Tensor, momentum: Tensor, step: Tensor) -> tuple[Tensor, Tensor]:
        """Half a step of the first half of the latents, a step of the second half, half a step of the first."""
        first, second = self._halves()
        for (own, other), time in ((first, 0.5), (second, 1.0), (first, 0.5)):
            near, heights = self._near(z, other), softplus(self.heights[:, own])
            moved = z[..., own] + time * step[..., own] * (1 + near @ heights) * momentum[..., own]
            pull = near * (momentum[..., own].square() @ heights.T)  # (draws, batch, centroids)
            slope = -2 * torch.exp(-2 * self.log_width) * self._weighted(pull, z, other)
            turned = momentum[..., other] - 0.5 * time * step[..., other] * slope
            ahead = own.start == 0
            z = torch.cat([moved, z[..., other]] if ahead else [z[..., other], moved], dim=-1)
            kept = momentum[..., own]
            momentum = torch.cat([kept, turned] if ahead else [turned, kept], dim=-1)
        return z, momentum

    def _halves(self) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
        first, second = slice(0, self.split), slice(self.split, self.centres.shape[1])
        return (first, second), (second, first)

    def _near(self, z: Tensor, some: slice) -> Tensor:
        """exp(-|z - c|² / T²) over the latents ``some``, (draws, batch, centroids)."""
        gap = z[..., None, some] - self.centres[:, some]
        return torch.exp(-gap.square().sum(-1) * torch.exp(-2 * self.log_width))

    def _weighted(self, weight: Tensor, z: Tensor, some: slice) -> Tensor:
        """Σᵢ weightᵢ (z - cᵢ), (draws, batch, latents)."""
        return weight.sum(-1, keepdim=True) * z[..., some] - weight @ self.centres[:, some]
