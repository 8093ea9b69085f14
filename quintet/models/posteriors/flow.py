"""Normalizing flow posteriors: maps from an encoder's features to a normal and the parameters of a flow."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from quintet.distributions.transformed import AffineFlow, Bijection, Transformed
from quintet.models.flows import zuko
from quintet.models.flows.planar import Planar
from quintet.models.posteriors.normal import DiagonalNormal

CONTEXT = 32
"""Number of context features of an autoregressive flow."""


class NormalizingFlowPosterior(nn.Module):
    """q(z|x) of z = f(loc + scale · ε; x), where f is a flow initialised near the identity.

    A spline acts on -5..5 only, so it is applied to ε: z = loc + scale · f(ε; x).

    Parameters
    ----------
    features, latent_dim
    kind : a key of ``KINDS``.
    transforms : number of composed maps.
    hidden : width of the hidden layers of "iaf" and "spline".
    """

    def __init__(self, features: int, latent_dim: int, kind: str, transforms: int, hidden: int) -> None:
        super().__init__()
        self.normal = DiagonalNormal(features, latent_dim)
        self.flow, self.inside = KINDS[kind](features, latent_dim, transforms, hidden), kind == "spline"

    def forward(self, features: Tensor) -> Transformed:
        """(batch, features) -> q over (1, batch, latent_dim), its flow in float32 or in the features' float64."""
        normal = self.normal(features)
        with torch.autocast(features.device.type, enabled=False):
            bijection: Bijection = self.flow(features.to(normal.loc.dtype).unsqueeze(0))
        if self.inside:
            zero = torch.zeros_like(normal.loc)
            return Transformed(zero, torch.ones_like(zero), AffineFlow(normal.loc, normal.scale, bijection))
        return Transformed(normal.loc, normal.scale, bijection)


class Linear(nn.Module):
    """Linear inverse autoregressive flow; with the scales it gives a full covariance (Tomczak and Welling, 2017)."""

    def __init__(self, features: int, latent_dim: int, transforms: int, hidden: int) -> None:
        super().__init__()
        self.latent_dim, self.shape = latent_dim, (transforms, latent_dim * (latent_dim - 1) // 2)
        self.head = nn.Linear(features, math.prod(self.shape)) if latent_dim > 1 else None
        if self.head is not None:
            self.head.weight.data.mul_(0.3)

    def forward(self, features: Tensor) -> LinearMaps:
        """(1, batch, features) -> the matrices."""
        matrix = torch.eye(self.latent_dim, dtype=features.dtype, device=features.device)
        matrix = matrix.expand(*features.shape[:-1], self.shape[0], -1, -1)
        if self.head is not None:
            row, column = torch.tril_indices(self.latent_dim, self.latent_dim, -1, device=features.device)
            matrix = matrix.clone()
            matrix[..., row, column] = self.head(features).unflatten(-1, self.shape)
        return LinearMaps(matrix)


@dataclass(frozen=True)
class LinearMaps:
    """Composition of maps y = L x, L lower unitriangular; each reverses the order of the coordinates.

    ``matrix`` is (1, batch, transforms, latent_dim, latent_dim).
    """

    matrix: Tensor

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """y and log |det|, which is 0."""
        for i in range(self.matrix.shape[-3]):
            x = (self.matrix[..., i, :, :] * x.unsqueeze(-2)).sum(-1).flip(-1)
        return x, x.new_zeros(())

    def backward(self, y: Tensor) -> tuple[Tensor, Tensor]:
        """x and log |det|, by forward substitution."""
        for i in reversed(range(self.matrix.shape[-3])):
            right = y.flip(-1).unsqueeze(-1)
            lower = self.matrix[..., i, :, :].expand(*right.shape[:-2], -1, -1)
            y = torch.linalg.solve_triangular(lower, right, upper=False, unitriangular=True).squeeze(-1)
        return y, y.new_zeros(())

    def select(self, index: object) -> LinearMaps:
        """The matrices of the selected rows."""
        return LinearMaps(self.matrix[index])  # type: ignore[index]


class InverseAutoregressive(nn.Module):
    """Inverse autoregressive flow (Kingma et al., 2016): sampling takes one pass, inversion one for each coordinate."""

    def __init__(self, features: int, latent_dim: int, transforms: int, hidden: int, kind: str = "maf") -> None:
        super().__init__()
        self.context = nn.Linear(features, CONTEXT)
        self.layers = zuko.autoregressive(latent_dim, transforms, hidden, kind, CONTEXT)

    def forward(self, features: Tensor) -> AutoregressiveMaps:
        """(1, batch, features) -> the maps."""
        return AutoregressiveMaps(self.layers, self.context(features))


@dataclass(frozen=True)
class AutoregressiveMaps:
    """Zuko's transforms given a context, (1, batch, CONTEXT)."""

    layers: nn.ModuleList
    context: Tensor

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """y and log |det|."""
        return zuko.forward(self.layers, x, self.context)

    def backward(self, y: Tensor) -> tuple[Tensor, Tensor]:
        """x and log |det|."""
        return zuko.backward(self.layers, y, self.context)

    def select(self, index: object) -> AutoregressiveMaps:
        """The maps of the selected rows."""
        return AutoregressiveMaps(self.layers, self.context[index])  # type: ignore[index]


def spline(features: int, latent_dim: int, transforms: int, hidden: int) -> nn.Module:
    """An inverse autoregressive flow of splines (Durkan et al., 2019)."""
    return InverseAutoregressive(features, latent_dim, transforms, hidden, "nsf")


KINDS: dict[str, Callable[[int, int, int, int], nn.Module]] = {
    "iaf": InverseAutoregressive,
    "spline": spline,
    "planar": Planar,
    "linear": Linear,
}
