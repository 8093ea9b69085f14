"""VAE with one layer of latents: a prior, a posterior and a likelihood."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from quintet.data.schema import Schema
from quintet.distributions import Distribution
from quintet.distributions.base import Factorised
from quintet.models.base import Layer, Model, ModelOutput
from quintet.models.encoder_input import EncoderInput, encoder_input
from quintet.models.posteriors.normal import DiagonalNormal
from quintet.models.priors.standard import Prior, StandardNormal
from quintet.networks import Likelihood, Marginals, Network, features_of
from quintet.noise import Noise


class Flat(Model):
    """VAE with a prior p(z) (N(0, I) by default), a decoder p(x|z) and an encoder q(z|x).

    A condition c is concatenated to the encoder's features and to the decoder's latents: p(x|z, c), q(z|x, c).

    Parameters
    ----------
    schema : Schema
    latent_dim : int
    network : builder of the encoder and the decoder.
    likelihood : head of the decoder.
    head : (features, latent_dim) -> module that maps the encoder's features to q(z|x).
    prior : module of p(z), see ``quintet.models.priors.standard``; None: N(0, I).
    seen : module that maps a row and its mask to the encoder's input; None: ``encoder_input``.
    """

    start: Tensor | None
    """Offset of the decoder's raw output, (parameters, *row); None: no offset, as in files of version 0.1."""
    known: Tensor | None
    """1 for cells observed in training; 0 for cells that keep the offset alone, (*row); None: all were observed."""

    def __init__(
        self,
        schema: Schema,
        latent_dim: int,
        network: Network,
        likelihood: Likelihood,
        head: Callable[[int, int], nn.Module] = DiagonalNormal,
        prior: Prior | None = None,
        seen: EncoderInput | None = None,
    ) -> None:
        super().__init__()
        self.schema, self.latent_dim, self.likelihood = schema, latent_dim, likelihood
        self.scaled = seen or encoder_input(schema)
        self.encoder = network.encoder(self.scaled.out_shape)
        features, condition = features_of(self.encoder, self.scaled.out_shape), schema.condition_dim
        self.join = condition_layer(features, condition)
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
        """Initialise p(x|z) at each cell's marginal distribution; a cell never observed in training stays there."""
        if self.likelihood.start is not None:
            self.start = self.likelihood.start(marginals).float()
            self.known = None if bool(marginals.seen.all()) else marginals.seen.float()

    def features(self, x: Tensor, observed: Tensor, condition: Tensor | None = None) -> Tensor:
        """Encoder features of the observed cells and the condition, (batch, features)."""
        return self.features_from(self.scaled(x, observed), condition)

    def features_from(self, seen: Tensor, condition: Tensor | None = None) -> Tensor:
        """Encoder features of an encoder input (batch, *out_shape) and the condition, (batch, features)."""
        features: Tensor = self.encoder(seen)
        if self.join is not None:
            features = self.join(torch.cat([features, self._needed(condition).to(features.dtype)], dim=1))
        return features

    def posterior(self, x: Tensor, observed: Tensor, condition: Tensor | None = None) -> Distribution:
        """q(z | observed x) over (1, batch, latent_dim)."""
        posterior: Distribution = self.head(self.features(x, observed, condition))
        return posterior

    def posterior_from(self, seen: Tensor, condition: Tensor | None = None) -> Distribution:
        """q(z | an encoder input (batch, *out_shape)) over (1, batch, latent_dim), such as that of decoded rows."""
        posterior: Distribution = self.head(self.features_from(seen, condition))
        return posterior

    def inference(self) -> tuple[nn.Module, ...]:
        """Encoder, join and head."""
        return tuple(part for part in (self.encoder, self.join, self.head) if part is not None)

    def draw(self, x: Tensor, observed: Tensor, noise: Noise, condition: Tensor | None = None) -> ModelOutput:
        """Draw z from the posterior and return it with p(x|z)."""
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
        """p(z) factorised block by block, if its prior has that form."""
        return self.prior.ordered(like)

    def decode(
        self, z: Tensor, condition: Tensor | None = None, x: Tensor | None = None, visible: Tensor | None = None
    ) -> Distribution:
        """p(x|z) over (draws, batch, *row)."""
        z = self.with_condition(z, condition)
        return self.likely(self.decoder(z.flatten(0, 1)), z)

    def with_condition(self, z: Tensor, condition: Tensor | None) -> Tensor:
        """Decoder input: z, with the condition concatenated if there is one."""
        if self.join is None:
            return z
        c = self._needed(condition).to(z.dtype)
        return torch.cat([z, c.expand(*z.shape[:-1], c.shape[-1])], dim=-1)

    def likely(self, raw: Tensor, z: Tensor) -> Distribution:
        """p(x|z) from the decoder's raw output (draws * batch, parameters, ...), in the shape of z (draws, batch,
        any)."""
        raw = raw if raw.dtype == torch.float64 else raw.float()
        return self.likelihood.head(self.started(raw).reshape(*z.shape[:2], *raw.shape[1:]))

    def started(self, raw: Tensor) -> Tensor:
        """The decoder's raw output (n, parameters, *row) plus the offset ``start``."""
        if self.start is None:
            return raw
        return (raw if self.known is None else raw * self.known.to(raw.dtype)) + self.start.to(raw.dtype)

    def _needed(self, condition: Tensor | None) -> Tensor:
        if condition is None:
            raise ValueError(
                "A conditional model needs condition, got None; tasks marginalise over it when it is not given."
            )
        return condition


def condition_layer(features: int, condition_dim: int) -> nn.Module | None:
    """A layer that mixes features and condition; None without a condition."""
    if not condition_dim:
        return None
    return nn.Sequential(nn.Linear(features + condition_dim, features), nn.SiLU())
