"""Planar flows (Rezende and Mohamed, 2015), inverted by a scalar root search."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

STEEPEST = 0.999
"""1 - the smallest slope of a planar map along w, which keeps the map invertible."""
_SHIFT = math.log(math.expm1(STEEPEST))


class Planar(nn.Module):
    """Planar flows whose parameters are a linear function of the features."""

    def __init__(self, features: int, latent_dim: int, transforms: int, hidden: int) -> None:
        super().__init__()
        self.shape = (transforms, 2 * latent_dim + 1)
        self.head = nn.Linear(features, math.prod(self.shape))
        self.head.weight.data.mul_(0.3)

    def forward(self, features: Tensor) -> PlanarMaps:
        """(1, batch, features) -> the maps."""
        half = self.shape[1] // 2
        u, w, b = self.head(features).unflatten(-1, self.shape).tensor_split([half, 2 * half], -1)
        along = (w * u).sum(-1, keepdim=True)
        allowed = softplus(along + _SHIFT) - STEEPEST  # 0 at 0, above -1 everywhere
        return PlanarMaps(u + (allowed - along) * w / (w.square().sum(-1, keepdim=True) + 1e-8), w, b.squeeze(-1))


@dataclass(frozen=True)
class PlanarMaps:
    """Composition of maps y = x + u tanh(wᵀx + b).

    u and w are (1, batch, transforms, latent_dim), b is (1, batch, transforms).
    """

    u: Tensor
    w: Tensor
    b: Tensor

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """y and log |det|."""
        total = x.new_zeros(())
        for i in range(self.b.shape[-1]):
            u, w, b = self.u[..., i, :], self.w[..., i, :], self.b[..., i]
            h = torch.tanh((w * x).sum(-1) + b)
            total = total + torch.log1p(_bend(u, w) * (1 - h.square()))
            x = x + u * h.unsqueeze(-1)
        return x, total

    def backward(self, y: Tensor) -> tuple[Tensor, Tensor]:
        """x and log |det| of the forward map there; wᵀx is the root of a monotonic scalar function."""
        total = y.new_zeros(())
        for i in reversed(range(self.b.shape[-1])):
            u, w, b = self.u[..., i, :], self.w[..., i, :], self.b[..., i]
            bend = _bend(u, w)
            h = torch.tanh(_root((w * y).sum(-1), bend, b) + b)
            total = total + torch.log1p(bend * (1 - h.square()))
            y = y - u * h.unsqueeze(-1)
        return y, total

    def select(self, index: object) -> PlanarMaps:
        """The maps of the selected rows."""
        return PlanarMaps(self.u[index], self.w[index], self.b[index])  # type: ignore[index]


def _bend(u: Tensor, w: Tensor) -> Tensor:
    """uᵀw, clamped because rounding can violate its bound for large u and w."""
    return (u * w).sum(-1).clamp(min=-STEEPEST)


def _root(target: Tensor, bend: Tensor, b: Tensor) -> Tensor:
    """The root a of a + bend · tanh(a + b) = target by bisection; a last Newton step carries the gradient."""
    with torch.no_grad():
        low, high = target - bend.abs(), target + bend.abs()
        for _ in range(60 if target.dtype == torch.float64 else 30):
            middle = (low + high) / 2
            below = middle + bend * torch.tanh(middle + b) < target
            low, high = torch.where(below, middle, low), torch.where(below, high, middle)
        a = (low + high) / 2
    h = torch.tanh(a + b)
    slope = (1 + bend * (1 - h.square())).detach()
    return a - (a + bend * h - target) / slope
