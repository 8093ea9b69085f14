"""One layer of latents: prior x posterior x likelihood."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from quintet.data.schema import Schema
from quintet.distributions import Distribution
from quintet.model.base import Draw, Layer, Model, blank
from quintet.model.posteriors import Deterministic, DiagonalNormal
from quintet.model.priors import StandardNormal
from quintet.networks import Likelihood, Network, features_of
from quintet.noise import Noise


class Scaled(nn.Module):
    """What an encoder sees of a row: cells in -1..1 about 0, holes as 0, and the mask too where rows have holes."""

    def __init__(self, schema: Schema) -> None:
        super().__init__()
        self.shape = schema.shape
        self.middle = {"image8": (schema.levels - 1) / 2, "real": 0.0}.get(schema.kind, 0.5)
        self.with_mask = schema.missing

    @property
    def out_shape(self) -> tuple[int, ...]:
        """(channels, height, width) or (features,), doubled in front where the mask comes along."""
        return (self.shape[0] * (2 if self.with_mask else 1), *self.shape[1:])

    def forward(self, x: Tensor, observed: Tensor) -> Tensor:
        """(batch, *row) and its mask -> (batch, *out_shape)."""
        if self.middle:  # x / middle - 1 in one pass over memory
            x = torch.add(torch.tensor(-1.0, dtype=x.dtype), x, alpha=1 / self.middle)
        seen = blank(x, observed)
        return torch.cat([seen, observed.to(seen.dtype)], dim=1) if self.with_mask else seen


class Flat(Model):
    """p(z) = N(0, I), p(x|z) by a decoder, q(z|x) by an encoder.

    A condition is joined to the encoder's features and to the latents that the decoder sees: p(x|z, c), q(z|x, c).

    Parameters
    ----------
    schema : Schema
    latent_dim : int
    network : builder of the encoder and the decoder.
    likelihood : head of the decoder.
    deterministic : a point for a posterior, as in a plain autoencoder.
    """

    def __init__(
        self,
        schema: Schema,
        latent_dim: int,
        network: Network,
        likelihood: Likelihood,
        deterministic: bool = False,
    ) -> None:
        super().__init__()
        self.schema, self.latent_dim, self.likelihood = schema, latent_dim, likelihood
        self.scaled = Scaled(schema)
        self.encoder = network.encoder(self.scaled.out_shape)
        features, condition = features_of(self.encoder, self.scaled.out_shape), schema.condition_dim
        self.join = joined(features, condition)
        self.head = (Deterministic if deterministic else DiagonalNormal)(features, latent_dim)
        self.decoder = network.decoder(latent_dim + condition, (likelihood.parameters, *schema.shape))
        self.prior = StandardNormal(latent_dim)

    def posterior(self, x: Tensor, observed: Tensor, condition: Tensor | None = None) -> Distribution:
        """q(z | observed x) over (1, batch, latent_dim)."""
        features = self.encoder(self.scaled(x, observed))
        if self.join is not None:
            features = self.join(torch.cat([features, self._needed(condition).to(features.dtype)], dim=1))
        posterior: Distribution = self.head(features)
        return posterior

    def draw(self, x: Tensor, observed: Tensor, noise: Noise, condition: Tensor | None = None) -> Draw:
        """Draw z from the posterior and give p(x|z)."""
        posterior = self.posterior(x, observed, condition)
        z = posterior.sample(noise)
        return Draw((Layer(z, posterior, self.prior(z)),), self.decode(z, condition))

    def sample_prior(self, n: int, noise: Noise, condition: Tensor | None = None) -> Tensor:
        """z from N(0, I), (noise.draws, n, latent_dim)."""
        return noise.normal(n, self.latent_dim)

    def log_prior(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """log N(z; 0, I) in nats, (draws, batch)."""
        prior: Distribution = self.prior(z)
        return prior.log_prob(z).sum(-1)

    def decode(self, z: Tensor, condition: Tensor | None = None, x: Tensor | None = None) -> Distribution:
        """p(x|z) over (draws, batch, *row)."""
        if self.join is not None:
            c = self._needed(condition).to(z.dtype)
            z = torch.cat([z, c.expand(*z.shape[:-1], c.shape[-1])], dim=-1)
        raw = self.decoder(z.flatten(0, 1))
        raw = raw if raw.dtype == torch.float64 else raw.float()
        return self.likelihood.head(raw.unflatten(0, z.shape[:2]))

    def _needed(self, condition: Tensor | None) -> Tensor:
        if condition is None:
            raise ValueError("a conditional model needs its condition; tasks sum over it where it is not given")
        return condition


def joined(features: int, condition_dim: int) -> nn.Module | None:
    """A layer that mixes features and condition; None without a condition."""
    if not condition_dim:
        return None
    return nn.Sequential(nn.Linear(features + condition_dim, features), nn.SiLU())
