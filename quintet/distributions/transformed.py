"""Normal distribution transformed by a normalizing flow."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol, Self

from torch import Tensor

from quintet.distributions.base import Distribution, normal_for
from quintet.noise import Noise

BANK = (141, 421)
DRAWS = 64
"""Key and number of the fixed draws that estimate the variance."""


class Bijection(Protocol):
    """Invertible map of (draws, batch, latent_dim) with parameters for each row."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """y, and log |det dy/dx| (draws, batch)."""

    def backward(self, y: Tensor) -> tuple[Tensor, Tensor]:
        """The inverse of ``forward``: x, and log |det dy/dx| there."""

    def select(self, index: object) -> Self:
        """The map of the rows selected by ``index`` on (draws, batch)."""


@dataclass(frozen=True)
class AffineFlow:
    """x -> loc + scale · f(x), for an f that acts near 0 only; loc and scale are (1, batch, latent_dim)."""

    loc: Tensor
    scale: Tensor
    flow: Bijection

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """y and log |det|."""
        y, log_det = self.flow.forward(x)
        return self.loc + self.scale * y, log_det + self.scale.log().sum(-1)

    def backward(self, y: Tensor) -> tuple[Tensor, Tensor]:
        """x and log |det| of the forward map there."""
        x, log_det = self.flow.backward((y - self.loc) / self.scale)
        return x, log_det + self.scale.log().sum(-1)

    def select(self, index: object) -> AffineFlow:
        """The map of the selected rows."""
        return AffineFlow(self.loc[index], self.scale[index], self.flow.select(index))  # type: ignore[index]


class Transformed(Distribution):
    """Distribution of z = f(loc + scale · ε) for ε ~ N(0, I); loc and scale are (1, batch, latent_dim).

    The density of the last draw is cached; that of any other z needs the inverse of f. ``log_prob`` divides log q(z)
    equally among the coordinates.
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
        """log q(x) in nats divided equally among the coordinates, (draws, batch, latent_dim)."""
        density = self.log_density(x) / self.loc.shape[-1]
        return density.unsqueeze(-1).expand(*density.shape, self.loc.shape[-1])

    @property
    def mean(self) -> Tensor:
        """f(loc), (1, batch, latent_dim): a point of high density, which equals E[z] for affine f."""
        return self.flow.forward(self.loc)[0]

    @property
    def variance(self) -> Tensor:
        """Mean squared distance of each coordinate from ``mean`` over fixed draws, (1, batch, latent_dim)."""
        noise = Noise(BANK, DRAWS, shared=True, device=self.loc.device)
        z = self.flow.forward(self.loc + self.scale * normal_for(self.loc, noise))[0]
        return (z - self.mean).square().mean(0, keepdim=True)

    def sample(self, noise: Noise) -> Tensor:
        """A reparameterised draw, (draws, batch, latent_dim); its density is cached until the next draw."""
        eps = normal_for(self.loc, noise)
        z, log_det = self.flow.forward(self.loc + self.scale * eps)
        self._last = (z, self._density(eps, log_det))
        return z

    def select(self, index: object) -> Transformed:
        """The distribution of the selected draws and rows; coordinates are dependent."""
        loc, scale = self.loc[index], self.scale[index]  # type: ignore[index]
        return Transformed(loc, scale, self.flow.select(index))

    def _density(self, eps: Tensor, log_det: Tensor) -> Tensor:
        normal = -0.5 * (eps.square() + math.log(2 * math.pi)).sum(-1)
        return normal - log_det - self.scale.log().sum(-1)
