"""Distribution of draws moved along Hamiltonian paths."""

from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.distributions.base import Distribution
from quintet.distributions.normal import Normal
from quintet.noise import Noise


@dataclass(frozen=True)
class Transported(Distribution):
    """Ends of paths that start at draws of a normal and have auxiliary momenta.

    The marginal density of the ends is not available. ``log_density`` is log q(begin, momenta) - log p(final momenta |
    end) minus the log volume change of the path; in place of log q(z|x) it gives an evidence lower bound on the joint
    space of latents and momenta (Salimans, Kingma and Welling, "Markov chain Monte Carlo and variational inference",
    2015).

    Parameters
    ----------
    begin : distribution of the starts.
    end : ends of the paths, (draws, batch, latent_dim).
    log_density : terms in nats, same shape, which sum to the quantity above.
    """

    begin: Normal
    end: Tensor
    log_density: Tensor

    def log_prob(self, x: Tensor) -> Tensor:
        """``log_density`` at the ends, minus infinity elsewhere."""
        return torch.where(x == self.end, self.log_density, -torch.inf)

    @property
    def mean(self) -> Tensor:
        """The ends."""
        return self.end

    @property
    def variance(self) -> Tensor:
        """Variance of the starts."""
        return self.begin.variance.expand_as(self.end)

    def sample(self, noise: Noise) -> Tensor:
        """The ends, which are drawn already; ``noise`` is not used."""
        return self.end

    def select(self, index: object) -> "Transported":
        """The paths of the selected elements."""
        shape = self.end.shape
        begin = Normal(self.begin.loc.expand(shape), self.begin.scale.expand(shape))
        return Transported(begin.select(index), self.end[index], self.log_density[index])  # type: ignore[index]
