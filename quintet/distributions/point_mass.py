"""Point mass over discrete codes, the posterior of a quantised model."""

from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.distributions.base import Distribution
from quintet.noise import Noise


@dataclass(frozen=True)
class PointMass(Distribution):
    """Mass 1 at ``loc``, one of countably many codes, with rate -log p(loc) in nats.

    ``Delta``, by contrast, is a point in a continuum, which has no prior mass and no rate.
    """

    loc: Tensor

    def log_prob(self, x: Tensor) -> Tensor:
        """Log mass: zero at ``loc``, minus infinity elsewhere."""
        return torch.where(x == self.loc, 0.0, -torch.inf).to(self.loc.dtype)

    @property
    def mean(self) -> Tensor:
        """The code."""
        return self.loc

    @property
    def variance(self) -> Tensor:
        """Zero."""
        return torch.zeros_like(self.loc)

    def sample(self, noise: Noise) -> Tensor:
        """The code, repeated for each draw of the noise."""
        return self.loc.expand(noise.draws, *self.loc.shape[1:])

    def select(self, index: object) -> "PointMass":
        """The distribution of the selected elements."""
        return PointMass(self.loc[index])  # type: ignore[index]
