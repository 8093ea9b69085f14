"""Normal and deterministic posteriors: linear maps from an encoder's features to a distribution over the latents."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import hardtanh

from quintet.distributions import Delta, Normal

MIN_LOG_SCALE, MAX_LOG_SCALE = -7.0, 3.0


class DiagonalNormal(nn.Module):
    """Linear layer for the mean and log standard deviation of each latent."""

    def __init__(self, features: int, latent_dim: int) -> None:
        super().__init__()
        self.head = nn.Linear(features, 2 * latent_dim)

    def forward(self, features: Tensor) -> Normal:
        """(batch, features) -> a normal over (1, batch, latent_dim), in float32 or float64."""
        loc, log_scale = _full(self.head(features)).unsqueeze(0).chunk(2, dim=-1)
        return Normal(loc, hardtanh(log_scale, MIN_LOG_SCALE, MAX_LOG_SCALE).exp())


class Deterministic(nn.Module):
    """Linear layer for the code of a plain autoencoder, a point mass."""

    def __init__(self, features: int, latent_dim: int) -> None:
        super().__init__()
        self.head = nn.Linear(features, latent_dim)

    def forward(self, features: Tensor) -> Delta:
        """(batch, features) -> a point mass over (1, batch, latent_dim)."""
        return Delta(_full(self.head(features)).unsqueeze(0))


def _full(t: Tensor) -> Tensor:
    """Convert to float32, except for float64."""
    return t if t.dtype == torch.float64 else t.float()
