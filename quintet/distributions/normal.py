"""Normal distribution, and the point mass that is its limit."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.distributions.base import Distribution, Factorised, normal_for
from quintet.noise import Noise


@dataclass(frozen=True)
class Normal(Distribution):
    """N(loc, scale²) per element; both (draws, batch, *row) or broadcastable."""

    loc: Tensor
    scale: Tensor
    standard: bool = False  # whether loc is 0 and scale 1, which makes the KL cheaper
    has_cdf = True

    def log_prob(self, x: Tensor) -> Tensor:
        """Log density in nats."""
        standard = (x - self.loc) / self.scale
        return -0.5 * standard.square() - self.scale.log() - 0.5 * math.log(2 * math.pi)

    @property
    def mean(self) -> Tensor:
        """E[x]."""
        return self.loc

    @property
    def variance(self) -> Tensor:
        """Var[x]."""
        return self.scale.square().expand_as(self.loc)

    def sample(self, noise: Noise) -> Tensor:
        """A reparameterised draw: gradients reach ``loc`` and ``scale``."""
        return self.loc + self.scale * normal_for(self.loc, noise)

    def cdf(self, x: Tensor) -> Tensor:
        """P(X <= x)."""
        below: Tensor = torch.special.ndtr((x - self.loc) / self.scale)
        return below

    @property
    def ordered(self) -> Factorised:
        """Factorisation with one block."""
        return Factorised(
            (self.loc.shape[-1],), lambda z: Normal(self.loc.expand(z.shape), self.scale.expand(z.shape), self.standard)
        )

    def kl_to(self, prior: Distribution) -> Tensor | None:
        """KL(self ‖ prior) of each element in nats, if the prior is normal."""
        if not isinstance(prior, Normal):
            return None
        if prior.standard:
            return 0.5 * (self.scale.square() + self.loc.square() - 1) - self.scale.log()
        ratio = (self.scale / prior.scale).square()
        shift = ((self.loc - prior.loc) / prior.scale).square()
        return 0.5 * (ratio + shift - 1 - ratio.log())

    def select(self, index: object) -> "Normal":
        """The distribution of the selected elements."""
        return Normal(self.loc[index], self.scale.expand_as(self.loc)[index])  # type: ignore[index]


@dataclass(frozen=True)
class Delta(Distribution):
    """Point mass at ``loc``, the posterior of a deterministic encoder.

    Its density at ``loc`` counts as 1, so that its rate is 0.
    """

    loc: Tensor

    def log_prob(self, x: Tensor) -> Tensor:
        """Zero at ``loc``, minus infinity elsewhere."""
        return torch.where(x == self.loc, 0.0, -torch.inf).to(self.loc.dtype)

    @property
    def mean(self) -> Tensor:
        """The point."""
        return self.loc

    @property
    def variance(self) -> Tensor:
        """Zero."""
        return torch.zeros_like(self.loc)

    def sample(self, noise: Noise) -> Tensor:
        """The point, repeated for each draw of the noise."""
        return self.loc.expand(noise.draws, *self.loc.shape[1:])

    def kl_to(self, prior: Distribution) -> Tensor:
        """Zero, since a deterministic posterior has no rate."""
        return torch.zeros_like(self.loc)

    def select(self, index: object) -> "Delta":
        """The distribution of the selected elements."""
        return Delta(self.loc[index])  # type: ignore[index]
