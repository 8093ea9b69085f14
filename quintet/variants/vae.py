"""Variational autoencoder (Kingma and Welling, 2014)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from quintet.data.schema import Schema
from quintet.models.flat import Flat
from quintet.models.joint_stage import joint_stage
from quintet.models.objectives.elbo import ELBO
from quintet.models.partial_encoder_stage import guide_stage
from quintet.models.recipe import Recipe
from quintet.models.variant import Variant
from quintet.networks import Network


@dataclass(frozen=True)
class Vae(Variant):
    """VAE with a standard normal prior, a diagonal normal posterior and the evidence lower bound (ELBO)."""

    summary: ClassVar[str] = "variational autoencoder: normal prior and posterior, the evidence lower bound"

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A flat model trained on the ELBO, then the partial encoder."""
        model = Flat(schema, latent_dim, network, self.likelihood_of(schema))
        partial_encoder, last = guide_stage(model)
        return Recipe(model, (joint_stage(model, ELBO()), last), partial_encoder)
