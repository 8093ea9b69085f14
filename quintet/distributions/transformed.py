"""Normals pushed through a flow."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol, Self

from torch import Tensor

from quintet.distributions.base import Distribution, normal_for
from quintet.noise import Noise

BANK = (141, 421)
DRAWS = 64
"""Draws, the same each time, from which the variance is estimated."""


class Bijection(Protocol):
    """An invertible map of (draws, batch, latent_dim), its parameters those of each row."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """y, and log |det dy/dx| (draws, batch)."""

    def backward(self, y: Tensor) -> tuple[Tensor, Tensor]:
        """The x that ``forward`` turns into y, and log |det dy/dx| there."""

    def select(self, index: object) -> Self:
        """The map of the rows that indexing (draws, batch) with ``index`` keeps."""


@dataclass(frozen=True)
class AffineFlow:
    """x -> loc + scale · f(x): for an f that bends only what lies about 0; loc and scale (1, batch, latent_dim)."""

    loc: Tensor
    scale: Tensor
    flow: Bijection

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """y and log |det|."""
        y, log_det = self.flow.forward(x)
        return self.loc + self.scale * y, log_det + self.scale.log().sum(-1)

    def backward(self, y: Tensor) -> tuple[Tensor, Tensor]:
        """x and log |det|."""
        x, log_det = self.flow.backward((y - self.loc) / self.scale)
        return x, log_det + self.scale.log().sum(-1)

    def select(self, index: object) -> AffineFlow:
        """The map of some rows."""
        return AffineFlow(self.loc[index], self.scale[index], self.flow.select(index))  # type: ignore[index]


class Transformed(Distribution):
    """z = f(loc + scale · ε) for ε ~ N(0, I), per row; loc and scale (1, batch, latent_dim).

    The density of a draw of its own is known from the draw; that of any other z asks the inverse of f. ``log_prob``
    spreads log q(z) evenly over the coordinates.
    """

    def __init__(self, loc: Tensor, scale: Tensor, flow: Bijection) -> None:
        self.loc, self.scale, self.flow = loc, scale, flow
        self._last: tuple[Tensor, Tensor] | None = None

    def log_density(self, x: Tensor) -> Tensor:
        """log q(x) in nats, (draws, batch)."""
        if self._last is not None and x is self._last[0]:
            return self._last[1]
        before, log_det = self.flow.backward(x)
        return self._density((before - self.loc) / self.scale, log_det)

    def log_prob(self, x: Tensor) -> Tensor:
        """An even share of log q(x) for each coordinate, (draws, batch, latent_dim)."""
        density = self.log_density(x) / self.loc.shape[-1]
        return density.unsqueeze(-1).expand(*density.shape, self.loc.shape[-1])

    @property
    def mean(self) -> Tensor:
        """Where f puts the middle of the normal, (1, batch, latent_dim): a point that q likes, E[z] of an affine f."""
        return self.flow.forward(self.loc)[0]

    @property
    def variance(self) -> Tensor:
        """Mean square distance from ``mean`` of each coordinate, by fixed draws, (1, batch, latent_dim)."""
        noise = Noise(BANK, DRAWS, shared=True, device=self.loc.device)
        z = self.flow.forward(self.loc + self.scale * normal_for(self.loc, noise))[0]
        return (z - self.mean).square().mean(0, keepdim=True)

    def sample(self, noise: Noise) -> Tensor:
        """A reparameterised draw, (draws, batch, latent_dim), whose density is kept until the next one."""
        eps = normal_for(self.loc, noise)
        z, log_det = self.flow.forward(self.loc + self.scale * eps)
        self._last = (z, self._density(eps, log_det))
        return z

    def select(self, index: object) -> Transformed:
        """The distribution of the chosen rows; ``index`` is for the draws and the batch, coordinates stay together."""
        loc, scale = self.loc[index], self.scale[index]  # type: ignore[index]
        return Transformed(loc, scale, self.flow.select(index))

    def _density(self, eps: Tensor, log_det: Tensor) -> Tensor:
        normal = -0.5 * (eps.square() + math.log(2 * math.pi)).sum(-1)
        return normal - log_det - self.scale.log().sum(-1)
