"""Hamiltonian VAE: draws from the encoder's posterior, moved by leapfrog steps towards high p(x, z)."""

from __future__ import annotations

import torch
from torch import Tensor

from quintet.data.schema import Schema
from quintet.distributions import Normal
from quintet.distributions.transported import Transported
from quintet.models.base import Layer, ModelOutput, zero_unobserved
from quintet.models.flat import Flat
from quintet.models.hamiltonian import metrics
from quintet.models.hamiltonian.leapfrog import Leapfrog
from quintet.models.objectives.elbo import observed_log_prob
from quintet.networks import Likelihood, Network
from quintet.noise import Noise


class HamiltonianModel(Flat):
    """VAE whose ``draw`` integrates leapfrog paths of the potential -log p(x, z) from draws of the encoder's normal.

    ``posterior`` is the encoder's normal, whose density entropy coding and importance weights need.
    """

    def __init__(
        self, schema: Schema, latent_dim: int, network: Network, likelihood: Likelihood, leapfrog: Leapfrog
    ) -> None:
        super().__init__(schema, latent_dim, network, likelihood)
        self.leapfrog = leapfrog

    def lengths(self, z: Tensor) -> Tensor | None:
        """Diagonal 1 / m(z) of the Riemannian metric at z (n, latent_dim); None for the Euclidean metric."""
        metric = self.leapfrog.metric
        return None if isinstance(metric, metrics.EuclideanMetric) else 1 / metric(z[None])[0]

    def draw(self, x: Tensor, observed: Tensor, noise: Noise, condition: Tensor | None = None) -> ModelOutput:
        """Draw z from the encoder's normal, move it along its path, and return it with p(x|z)."""
        begin = self.posterior(x, observed, condition)
        assert isinstance(begin, Normal)
        half = torch.is_autocast_enabled(x.device.type)
        with torch.inference_mode(False), torch.autocast(x.device.type, enabled=False):  # densities need float32
            x, c = zero_unobserved(x, observed).clone(), None if condition is None else condition.clone()
            loc, spread = begin.loc.clone(), begin.scale.clone()
            start = Normal(loc, spread).sample(noise)
            momenta = noise.normal(len(x), self.latent_dim).to(start)

            def potential(z: Tensor) -> Tensor:
                with torch.autocast(x.device.type, enabled=half):  # gradients do not
                    likelihood = self.decode(z, c)
                return -observed_log_prob(likelihood, x, observed) - self.log_prior(z, c)

            z, extra = self.leapfrog(potential, start, momenta, spread)
            path = Transported(begin, z, begin.log_prob(start) + extra)
        return ModelOutput((Layer(z, path, self.prior(z)),), self.decode(z, condition))
