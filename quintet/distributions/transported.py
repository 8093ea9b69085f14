"""A draw that a deterministic, volume-preserving path carried away from where it began."""

from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.distributions.base import Distribution
from quintet.distributions.normal import Normal
from quintet.noise import Noise


@dataclass(frozen=True)
class Transported(Distribution):
    """Where paths ended that began at draws of a normal and took helpers (momenta) along.

    There is no density of the ends alone. What is kept is log q(begin, helpers) - log p(helpers at the end | end), less
    what the path grew in volume: with it in place of log q(z|x) an evidence lower bound stays one, on the space of
    latents and helpers (Salimans, Kingma and Welling, "Markov chain Monte Carlo and variational inference", 2015).

    Parameters
    ----------
    begin : the normal that the paths began at.
    end : where they ended, (draws, batch, latent_dim).
    log_density : in nats, same shape; it sums to the figure above.
    """

    begin: Normal
    end: Tensor
    log_density: Tensor

    def log_prob(self, x: Tensor) -> Tensor:
        """The terms kept, at the ends; minus infinity elsewhere."""
        return torch.where(x == self.end, self.log_density, -torch.inf)

    @property
    def mean(self) -> Tensor:
        """The ends themselves."""
        return self.end

    @property
    def variance(self) -> Tensor:
        """That of where the paths began."""
        return self.begin.variance.expand_as(self.end)

    def sample(self, noise: Noise) -> Tensor:
        """The ends, whatever the noise: they are drawn already."""
        return self.end

    def select(self, index: object) -> "Transported":
        """The paths of the chosen elements."""
        shape = self.end.shape
        begin = Normal(self.begin.loc.expand(shape), self.begin.scale.expand(shape))
        return Transported(begin.select(index), self.end[index], self.log_density[index])  # type: ignore[index]
