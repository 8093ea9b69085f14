"""Elementwise choice between two distributions."""

from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.distributions.base import Distribution
from quintet.noise import Noise


@dataclass(frozen=True)
class Choice(Distribution):
    """``yes`` where the boolean ``which``, broadcastable to (draws, batch, *row), is true, otherwise ``no``."""

    which: Tensor
    yes: Distribution
    no: Distribution

    def log_prob(self, x: Tensor) -> Tensor:
        """Log probability of each element in nats."""
        return torch.where(self.which, self.yes.log_prob(x), self.no.log_prob(x))

    @property
    def mean(self) -> Tensor:
        """E[x]."""
        return torch.where(self.which, self.yes.mean, self.no.mean)

    @property
    def variance(self) -> Tensor:
        """Var[x]."""
        return torch.where(self.which, self.yes.variance, self.no.variance)

    def sample(self, noise: Noise) -> Tensor:
        """A draw."""
        return torch.where(self.which, self.yes.sample(noise), self.no.sample(noise))

    def select(self, index: object) -> "Choice":
        """The distribution of the selected elements."""
        which = self.which.expand_as(self.mean)[index]  # type: ignore[index]
        return Choice(which, self.yes.select(index), self.no.select(index))
