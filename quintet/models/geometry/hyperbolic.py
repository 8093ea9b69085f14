"""Hyperbolic VAE: a wrapped normal posterior, and a decoder that reads distances to geodesic hyperplanes."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import hardtanh, normalize

from quintet.data.schema import Schema
from quintet.distributions import Distribution
from quintet.distributions.hyperbolic import FARTHEST, WrappedNormal
from quintet.models.flat import Flat
from quintet.models.posteriors.normal import MAX_LOG_SCALE, MIN_LOG_SCALE
from quintet.networks import Likelihood, Network

PLANES = 4
"""Number of hyperplanes for each latent."""


class WrappedNormalHead(nn.Module):
    """Linear layer from encoder features to the location and scale of a wrapped normal."""

    def __init__(self, features: int, latent_dim: int, curvature: float) -> None:
        super().__init__()
        self.head, self.curvature = nn.Linear(features, 2 * latent_dim), curvature

    def forward(self, features: Tensor) -> WrappedNormal:
        """(batch, features) -> a distribution over (1, batch, latent_dim)."""
        raw = self.head(features)[None]
        raw = raw if raw.dtype == torch.float64 else raw.float()
        loc, log_scale = raw.chunk(2, -1)
        return WrappedNormal(loc, hardtanh(log_scale, MIN_LOG_SCALE, MAX_LOG_SCALE).exp(), self.curvature)


class GeodesicPlanes(nn.Module):
    """Signed distances of a point to learnt hyperplanes, each orthogonal to a geodesic from the origin.

    The hyperbolic counterpart of a linear layer (Ganea et al., 2018), as in the decoder of Mathieu et al., 2019. For a
    unit normal a at distance b, and the point at distance r in direction u,
    sinh(√c d) = cosh(√c b) sinh(√c r) a·u - sinh(√c b) cosh(√c r).
    """

    def __init__(self, latent_dim: int, planes: int, curvature: float) -> None:
        super().__init__()
        self.root = math.sqrt(curvature)
        self.normal = nn.Parameter(torch.randn(planes, latent_dim, dtype=torch.float32))
        self.away = nn.Parameter(0.1 * torch.randn(planes, dtype=torch.float32))

    def forward(self, z: Tensor) -> Tensor:
        """Tangent coordinates (draws, batch, latent_dim) -> distances (draws, batch, planes)."""
        with torch.autocast(z.device.type, enabled=False):
            radius = (z.square().sum(-1, keepdim=True) + 1e-24).sqrt()
            r, b = (self.root * radius).clamp(max=FARTHEST), (self.root * self.away).clamp(-FARTHEST, FARTHEST)
            cosine = (z / radius) @ normalize(self.normal, dim=-1).T
            # sinh(r) a·u = sinh(r) - sinh(r) (1 - a·u) avoids cancellation for planes almost orthogonal to u
            straight = torch.sinh(r - b) - torch.cosh(b) * torch.sinh(r) * (1 - cosine)
            found: Tensor = torch.asinh(straight) / self.root
            return found


class Hyperbolic(Flat):
    """Hyperbolic VAE in tangent coordinates at the origin, where the wrapped normal prior is N(0, I).

    Parameters
    ----------
    schema : Schema
    latent_dim : int
    network : builder of the encoder, and of the decoder on top of the hyperplanes.
    likelihood : head of the decoder.
    curvature : c > 0; the sectional curvature of the space is -c.
    """

    def __init__(
        self, schema: Schema, latent_dim: int, network: Network, likelihood: Likelihood, curvature: float
    ) -> None:
        def head(features: int, latent_dim: int) -> WrappedNormalHead:
            return WrappedNormalHead(features, latent_dim, curvature)

        super().__init__(schema, latent_dim, network, likelihood, head=head)
        planes = PLANES * latent_dim
        self.planes = GeodesicPlanes(latent_dim, planes, curvature)
        self.decoder = network.decoder(planes + schema.condition_dim, (likelihood.parameters, *schema.shape))

    def decode(
        self, z: Tensor, condition: Tensor | None = None, x: Tensor | None = None, visible: Tensor | None = None
    ) -> Distribution:
        """p(x|z) over (draws, batch, *row)."""
        return super().decode(self.planes(z), condition, x, visible)
