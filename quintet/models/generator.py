"""Generator without a posterior: x = G(z), z ~ N(0, I), with no density of x; levels are drawn given z."""

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
from quintet.networks import Likelihood, Network
from quintet.networks.joint_head import joint
from quintet.noise import Noise


class Generator(Model):
    """Map from latents to rows: to the numbers themselves, and to the probabilities of levels.

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
        self._likelihood = _likelihood(schema)
        shape = (self._likelihood.parameters, *schema.shape)
        self.decoder = network.decoder(latent_dim + schema.condition_dim, shape)
        self.prior = StandardNormal(latent_dim)

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

    def decode(
        self, z: Tensor, condition: Tensor | None = None, x: Tensor | None = None, visible: Tensor | None = None
    ) -> Distribution:
        """The point G(z), with the distribution of its levels, over (draws, batch, *row)."""
        if condition is not None:
            z = torch.cat([z, condition.to(z.dtype).expand(*z.shape[:-1], condition.shape[-1])], dim=-1)
        raw = self.decoder(z.flatten(0, 1))
        raw = raw if raw.dtype == torch.float64 else raw.float()
        return self._likelihood.head(raw.reshape(*z.shape[:2], *raw.shape[1:]))

    def _no_posterior(self) -> NoReturn:
        raise Unanswerable(
            "A generator has no posterior, so a given row has no latents: train variant='vae' or 'vaegan' for that."
        )


def _likelihood(schema: Schema) -> Likelihood:
    """Map from raw outputs to points, and for levels to their distribution."""
    cell = _cell(schema)
    points = Likelihood("point", 1, lambda raw: Delta(cell(raw.squeeze(2))))
    return joint(points, schema.codes, [column.open for column in schema.modelled]) if schema.columns else points


def _cell(schema: Schema) -> Callable[[Tensor], Tensor]:
    """Map from a raw output to a valid cell in the model's units."""
    if schema.is_standardised:
        return lambda raw: raw
    if schema.support.is_half_bounded:  # softplus on the scale log(1 + n), on which the critic reads counts
        return lambda raw: torch.expm1(softplus(raw).clamp(max=15.0))
    return lambda raw: schema.top * torch.sigmoid(raw)
