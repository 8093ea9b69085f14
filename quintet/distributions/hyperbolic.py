"""Wrapped normal distribution on hyperbolic space, in tangent coordinates at the origin."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.distributions.base import Distribution, normal_for
from quintet.distributions.normal import Normal
from quintet.noise import Noise

FARTHEST = 20.0
"""Largest argument of hyperbolic functions: a distance in units of the radius of curvature."""
TINY = 1e-12


@dataclass(frozen=True)
class WrappedNormal(Distribution):
    """Pushforward of v ~ N(0, scale²) by parallel transport from the origin to ``loc`` and the exponential map there.

    Nagano et al., "A wrapped normal distribution on hyperbolic space", 2019; Mathieu et al., "Continuous hierarchical
    representations with Poincaré variational auto-encoders", 2019. Points are given by tangent coordinates at the
    origin: the direction of the geodesic to the point times its distance. Densities are with respect to the volume of
    these coordinates, in which the wrapped normal about the origin is N(0, scale²).

    Parameters
    ----------
    loc : coordinates of the centre, (draws, batch, dim).
    scale : standard deviation of each coordinate of v, (draws, batch, dim).
    curvature : c > 0; the sectional curvature of the space is -c.
    """

    loc: Tensor
    scale: Tensor
    curvature: float = 1.0

    def log_prob(self, x: Tensor) -> Tensor:
        """Log density in nats: that of v minus the log volume change, which is divided equally among coordinates."""
        v = carried(-self.loc, x, self.curvature)
        dim = x.shape[-1]
        stretched = _log_sinhc(v, self.curvature) - _log_sinhc(x, self.curvature)
        return Normal(torch.zeros_like(v), self.scale).log_prob(v) - (dim - 1) / dim * stretched

    @property
    def mean(self) -> Tensor:
        """The centre, which is not E[z] of the coordinates."""
        return self.loc

    @property
    def variance(self) -> Tensor:
        """Variance of each coordinate to first order in ``scale``; distances across the geodesic shrink by r / sinh
        r."""
        shrink = torch.exp(-_log_sinhc(self.loc, self.curvature))
        radius = _length(self.loc)
        along, own = self.loc / radius, self.scale.square()
        mixed = along.square() * (along.square() * own).sum(-1, keepdim=True)
        cross = shrink.square() * own + 2 * shrink * (1 - shrink) * along.square() * own
        return cross + (1 - shrink).square() * mixed

    def sample(self, noise: Noise) -> Tensor:
        """A reparameterised draw: gradients reach ``loc`` and ``scale``."""
        return carried(self.loc, self.scale * normal_for(self.loc, noise), self.curvature)

    def select(self, index: object) -> WrappedNormal:
        """The distribution of the selected draws and rows."""
        if isinstance(index, tuple) and len(index) > 2:
            raise NotImplementedError("coordinates of a point are dependent: select draws and rows, not latents")
        return WrappedNormal(self.loc[index], self.scale[index], self.curvature)  # type: ignore[index]


def carried(to: Tensor, v: Tensor, curvature: float) -> Tensor:
    """Move the step v from the origin to the point ``to``: log₀(exp₀(to) ⊕ exp₀(v)).

    It is the exponential map at ``to`` after parallel transport of v from the origin, or Möbius addition in the ball.
    Its inverse uses ``-to``. In the hyperboloid it is a boost along the direction of ``to``; differences of large
    numbers are written as products (half angles), so that float32 is precise at large distances.

    Parameters
    ----------
    to, v : tangent coordinates at the origin, (..., dim).
    """
    root = math.sqrt(curvature)
    far, near = _length(to), _length(v)
    s, r = (root * far).clamp(max=FARTHEST), (root * near).clamp(max=FARTHEST)
    axis, step = to / far, v / near
    both = axis + step  # half its square is 1 + cos of the angle between them
    opened = 0.5 * both.square().sum(-1, keepdim=True)
    across = both - (both * axis).sum(-1, keepdim=True) * axis
    along = torch.sinh(s - r) + torch.cosh(s) * torch.sinh(r) * opened
    half = torch.sinh(0.5 * (s - r)).square() + 0.5 * torch.sinh(s) * torch.sinh(r) * opened
    distance = 2 * torch.asinh((half + TINY * TINY).sqrt())
    moved = along * axis + torch.sinh(r) * across  # of length sinh(distance)
    length = _length(moved)
    return distance / (root * length) * moved


def _length(t: Tensor) -> Tensor:
    """|t| over the last axis, (..., 1), with a finite gradient at 0."""
    return (t.square().sum(-1, keepdim=True) + TINY * TINY).sqrt()


def _log_sinhc(t: Tensor, curvature: float) -> Tensor:
    """log(sinh x / x) with x = √c |t|, (..., 1)."""
    x = math.sqrt(curvature) * _length(t)
    small = x < 0.1
    safe = torch.where(small, torch.ones_like(x), x)
    series = x.square() / 6 - x.square().square() / 180
    return torch.where(small, series, safe + torch.log(-torch.expm1(-2 * safe) / (2 * safe)))
