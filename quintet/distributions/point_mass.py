"""A single point with all the mass: a discrete posterior that is sure."""

from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.distributions.base import Distribution
from quintet.noise import Noise


@dataclass(frozen=True)
class PointMass(Distribution):
    """Mass 1 on ``loc``, one of countably many codes, so that -log p(loc) is its rate in nats.

    ``Delta``, by contrast, is a point in a continuum, where no prior mass lies and no rate can be named.
    """

    loc: Tensor

    def log_prob(self, x: Tensor) -> Tensor:
        """Log mass: zero on ``loc``, minus infinity elsewhere."""
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
        """The code, once for each draw of the noise."""
        return self.loc.expand(noise.draws, *self.loc.shape[1:])

    def select(self, index: object) -> "PointMass":
        """The distribution of the chosen elements."""
        return PointMass(self.loc[index])  # type: ignore[index]
