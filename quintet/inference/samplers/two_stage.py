"""Sampler from a second, small VAE of the training latents, which is fitted on first use.

Dai and Wipf, "Diagnosing and enhancing VAE models", 2019: the first stage learns the manifold of the data, the second
one the distribution on it, with as many latents as the manifold has dimensions, so that they match N(0, I).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from quintet.distributions import Normal
from quintet.inference.samplers.bank_latents import fit_once
from quintet.models.fitted import Fitted
from quintet.models.posteriors.normal import DiagonalNormal
from quintet.models.priors.standard import StandardNormal
from quintet.networks import Mlp
from quintet.noise import Cooled, Noise

HIDDEN = (128, 128)
SMALLEST = 0.02
"""Smallest standard deviation of z about its reconstruction, in units of that of the latents."""


class Second(nn.Module):
    """VAE of latents: u ~ N(0, I), z | u ~ N(g(u), diag(γ²)), with a diagonal normal posterior."""

    def __init__(self, latent_dim: int) -> None:
        super().__init__()
        network = Mlp(HIDDEN)
        self.encoder, self.head = network.encoder((latent_dim,)), DiagonalNormal(HIDDEN[-1], latent_dim)
        self.decoder = network.decoder(latent_dim, (latent_dim,))
        self.log_spread = nn.Parameter(torch.zeros(latent_dim, dtype=torch.float32))
        self.prior = StandardNormal(latent_dim)

    def given(self, u: Tensor) -> Normal:
        """p(z|u) over (draws, batch, latent_dim)."""
        mean = self.decoder(u.flatten(0, 1)).unflatten(0, u.shape[:2])
        return Normal(mean, (SMALLEST + self.log_spread.exp()).expand_as(mean))

    def bound(self, z: Tensor, noise: Noise) -> Tensor:
        """The ELBO of z (batch, latent_dim), (batch,) in nats."""
        q: Normal = self.head(self.encoder(z))
        rate = q.kl_to(self.prior(q.loc))
        assert rate is not None
        return (self.given(q.sample(noise)).log_prob(z) - rate).sum(-1)[0]


def two_stage(fitted: Fitted) -> Callable[[int, Noise, float], Tensor]:
    """Draws of z from the second stage; ``temperature`` applies to u and z."""

    def loss(module: nn.Module, z: Tensor, noise: Noise) -> Tensor:
        assert isinstance(module, Second)
        return -module.bound(z, noise)

    second, standard = fit_once(fitted, "two_stage", Second, loss)
    assert isinstance(second, Second)

    def sample(n: int, noise: Noise, temperature: float) -> Tensor:
        cooled = Cooled(noise, temperature)
        z = second.given(second.prior.sample(n, cooled)).sample(cooled)[0]
        return standard.loc + standard.scale * z

    return sample
