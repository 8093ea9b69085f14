"""Generator without a posterior: x = G(z), z ~ N(0, I), with no density of x."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

import torch
from torch import Tensor
from torch.nn.functional import softplus

from quintet.data.schema import Schema
from quintet.distributions import Delta, Distribution
from quintet.errors import Unanswerable
from quintet.models.base import Model, ModelOutput
from quintet.models.priors.standard import StandardNormal
from quintet.networks import Network
from quintet.noise import Noise


class Generator(Model):
    """Deterministic map from latents to rows.

    Parameters
    ----------
    schema : Schema
    latent_dim : int
    network : builder; its decoder is the generator.
    """

    has_posterior = False

    def __init__(self, schema: Schema, latent_dim: int, network: Network) -> None:
        super().__init__()
        self.schema, self.latent_dim = schema, latent_dim
        self.decoder = network.decoder(latent_dim + schema.condition_dim, (1, *schema.shape))
        self.prior = StandardNormal(latent_dim)
        self._cell = _cell(schema)

    def draw(self, x: Tensor, observed: Tensor, noise: Noise, condition: Tensor | None = None) -> ModelOutput:
        """Raises ``Unanswerable``: a generator has no posterior."""
        self._no_posterior()

    def posterior(self, x: Tensor, observed: Tensor, condition: Tensor | None = None) -> NoReturn:
        """Raises ``Unanswerable``: a generator has no posterior."""
        self._no_posterior()

    def sample_prior(self, n: int, noise: Noise, condition: Tensor | None = None) -> Tensor:
        """z ~ N(0, I), (noise.draws, n, latent_dim)."""
        return self.prior.sample(n, noise)

    def log_prior(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """log p(z) in nats, (draws, batch)."""
        prior: Distribution = self.prior(z)
        return prior.log_prob(z).sum(-1)

    def decode(self, z: Tensor, condition: Tensor | None = None, x: Tensor | None = None) -> Delta:
        """The point G(z), (draws, batch, *row)."""
        if condition is not None:
            z = torch.cat([z, condition.to(z.dtype).expand(*z.shape[:-1], condition.shape[-1])], dim=-1)
        raw = self.decoder(z.flatten(0, 1))
        raw = raw if raw.dtype == torch.float64 else raw.float()
        return Delta(self._cell(raw.squeeze(1)).reshape(*z.shape[:2], *self.schema.shape))

    def _no_posterior(self) -> NoReturn:
        raise Unanswerable(
            "A generator has no posterior, so a given row has no latents: train variant='vae' or 'vaegan' for that."
        )


def _cell(schema: Schema) -> Callable[[Tensor], Tensor]:
    """Map from a raw output to a valid cell in the model's units."""
    if schema.is_standardised:
        return lambda raw: raw
    if schema.kind == "count":  # softplus on the scale log(1 + n), on which the critic reads counts
        return lambda raw: torch.expm1(softplus(raw).clamp(max=15.0))
    return lambda raw: schema.top * torch.sigmoid(raw)
