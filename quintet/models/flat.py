"""One layer of latents: prior x posterior x likelihood."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor, nn

from quintet.data.schema import Schema
from quintet.distributions import Distribution
from quintet.distributions.base import Factorised
from quintet.models.base import Layer, Model, ModelOutput, zero_unobserved
from quintet.models.posteriors.normal import DiagonalNormal
from quintet.models.priors.standard import Prior, StandardNormal
from quintet.networks import Likelihood, Marginals, Network, features_of
from quintet.noise import Noise


class Scaled(nn.Module):
    """What an encoder sees of a row: cells about 0, holes as 0, and the mask too where rows have holes.

    8-bit cells fill -1..1; cells in 0..1 keep their range and lose their mean, which trains faster where most are 0;
    of counts n it is log(1 + n).
    """

    def __init__(self, schema: Schema, with_mask: bool | None = None) -> None:
        super().__init__()
        self.shape = schema.shape
        self.middle = {"image8": 1.0, "count": 0.0, "real": 0.0}.get(schema.kind, schema.middle)
        self.unit = 2 / (schema.levels - 1) if schema.kind == "image8" else 1.0
        self.counts = schema.kind == "count"
        self.with_mask = schema.missing if with_mask is None else with_mask

    @property
    def out_shape(self) -> tuple[int, ...]:
        """(channels, height, width) or (features,), doubled in front where the mask comes along."""
        return (self.shape[0] * (2 if self.with_mask else 1), *self.shape[1:])

    def forward(self, x: Tensor, observed: Tensor) -> Tensor:
        """(batch, *row) and its mask -> (batch, *out_shape)."""
        if self.middle:  # x * unit - middle in one pass over memory
            x = torch.add(torch.tensor(-self.middle, dtype=x.dtype), x, alpha=self.unit)
        seen = zero_unobserved(x, observed)
        if self.counts:
            seen = torch.log1p(seen.clamp(min=0.0))
        return torch.cat([seen, observed.to(seen.dtype)], dim=1) if self.with_mask else seen


class Seen(Protocol):
    """What makes of a row and its mask what an encoder sees; ``Scaled`` does."""

    @property
    def out_shape(self) -> tuple[int, ...]:
        """The shape of what it gives for a row: the row's, with several planes in front where it makes such."""

    def __call__(self, x: Tensor, observed: Tensor) -> Tensor:
        """(batch, *row) and its mask -> (batch, *out_shape)."""


class Flat(Model):
    """p(z) by a prior, N(0, I) unless told, p(x|z) by a decoder, q(z|x) by an encoder.

    A condition is joined to the encoder's features and to the latents that the decoder sees: p(x|z, c), q(z|x, c).

    Parameters
    ----------
    schema : Schema
    latent_dim : int
    network : builder of the encoder and the decoder.
    likelihood : head of the decoder.
    head : (features, latent_dim) -> the module that turns the encoder's features into q(z|x).
    prior : the module of p(z): see ``quintet.models.priors.standard``.
    seen : the module that makes of a row and its mask what the encoder sees; None: ``Scaled``.
    """

    start: Tensor | None
    """What the head adds to the decoder's numbers, (parameters, *row); None: nothing, as in files of version 0.1."""
    known: Tensor | None
    """1 where training observed a cell, 0 where the head must not read the decoder, (*row); None: all were observed."""

    def __init__(
        self,
        schema: Schema,
        latent_dim: int,
        network: Network,
        likelihood: Likelihood,
        head: Callable[[int, int], nn.Module] = DiagonalNormal,
        prior: Prior | None = None,
        seen: Seen | None = None,
    ) -> None:
        super().__init__()
        self.schema, self.latent_dim, self.likelihood = schema, latent_dim, likelihood
        self.scaled = seen or Scaled(schema)
        self.encoder = network.encoder(self.scaled.out_shape)
        features, condition = features_of(self.encoder, self.scaled.out_shape), schema.condition_dim
        self.join = joined(features, condition)
        self.head = head(features, latent_dim)
        self.decoder = network.decoder(latent_dim + condition, (likelihood.parameters, *schema.shape))
        self.prior = prior or StandardNormal(latent_dim)
        self.register_buffer("start", None)
        self.register_buffer("known", None)

    @property
    def start_shape(self) -> tuple[int, ...]:
        """(parameters, *row)."""
        return (self.likelihood.parameters, *self.schema.shape)

    def start_at(self, marginals: Marginals) -> None:
        """Let p(x|z) start as each cell's own distribution; of a cell never observed it stays at the start."""
        if self.likelihood.start is not None:
            self.start = self.likelihood.start(marginals).float()
            self.known = None if bool(marginals.seen.all()) else marginals.seen.float()

    def features(self, x: Tensor, observed: Tensor, condition: Tensor | None = None) -> Tensor:
        """What the encoder makes of the observed cells and the condition, (batch, features)."""
        features: Tensor = self.encoder(self.scaled(x, observed))
        if self.join is not None:
            features = self.join(torch.cat([features, self._needed(condition).to(features.dtype)], dim=1))
        return features

    def posterior(self, x: Tensor, observed: Tensor, condition: Tensor | None = None) -> Distribution:
        """q(z | observed x) over (1, batch, latent_dim)."""
        posterior: Distribution = self.head(self.features(x, observed, condition))
        return posterior

    def inference(self) -> tuple[nn.Module, ...]:
        """Encoder, join and head."""
        return tuple(part for part in (self.encoder, self.join, self.head) if part is not None)

    def draw(self, x: Tensor, observed: Tensor, noise: Noise, condition: Tensor | None = None) -> ModelOutput:
        """Draw z from the posterior and give p(x|z)."""
        posterior = self.posterior(x, observed, condition)
        z = posterior.sample(noise)
        return ModelOutput((Layer(z, posterior, self.prior(z)),), self.decode(z, condition))

    def sample_prior(self, n: int, noise: Noise, condition: Tensor | None = None) -> Tensor:
        """z from p(z), (noise.draws, n, latent_dim)."""
        return self.prior.sample(n, noise)

    def log_prior(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """log p(z) in nats, (draws, batch)."""
        return self.prior.log_density(z)

    def prior_in_order(self, like: Tensor, condition: Tensor | None = None) -> Factorised | None:
        """p(z) told in order, as its prior can."""
        return self.prior.ordered(like)

    def decode(self, z: Tensor, condition: Tensor | None = None, x: Tensor | None = None) -> Distribution:
        """p(x|z) over (draws, batch, *row)."""
        z = self.with_condition(z, condition)
        return self.likely(self.decoder(z.flatten(0, 1)), z)

    def with_condition(self, z: Tensor, condition: Tensor | None) -> Tensor:
        """What the decoder sees: z, and the condition beside it where there is one."""
        if self.join is None:
            return z
        c = self._needed(condition).to(z.dtype)
        return torch.cat([z, c.expand(*z.shape[:-1], c.shape[-1])], dim=-1)

    def likely(self, raw: Tensor, z: Tensor) -> Distribution:
        """The decoder's numbers for each of z (draws, batch, any), (draws * batch, parameters, ...) -> p(x|z)."""
        raw = raw if raw.dtype == torch.float64 else raw.float()
        return self.likelihood.head(self.started(raw).reshape(*z.shape[:2], *raw.shape[1:]))

    def started(self, raw: Tensor) -> Tensor:
        """The decoder's numbers (n, parameters, *row), and those of the start added."""
        if self.start is None:
            return raw
        return (raw if self.known is None else raw * self.known.to(raw.dtype)) + self.start.to(raw.dtype)

    def _needed(self, condition: Tensor | None) -> Tensor:
        if condition is None:
            raise ValueError("a conditional model needs its condition; tasks sum over it where it is not given")
        return condition


def joined(features: int, condition_dim: int) -> nn.Module | None:
    """A layer that mixes features and condition; None without a condition."""
    if not condition_dim:
        return None
    return nn.Sequential(nn.Linear(features + condition_dim, features), nn.SiLU())
