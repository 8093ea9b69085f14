"""Hyperspherical VAE (Davidson, Falorsi, De Cao, Kipf and Tomczak, 2018)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from quintet.data.schema import Schema
from quintet.errors import InputError
from quintet.models.geometry.sphere import SphereModel as SphereModel
from quintet.models.geometry.sphere import VonMisesFisherHead
from quintet.models.joint_stage import joint_stage
from quintet.models.objectives.elbo import ELBO
from quintet.models.partial_encoder_stage import guide_stage
from quintet.models.recipe import Recipe
from quintet.models.variant import Variant
from quintet.networks import Network


@dataclass(frozen=True)
class Sphere(Variant):
    """VAE with directions in ``latent_dim`` dimensions as latents: uniform prior, von Mises-Fisher posterior."""

    summary: ClassVar[str] = "VAE with latents on a sphere: uniform prior, von Mises-Fisher posterior"

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A spherical model trained on the ELBO, then the partial encoder."""
        if latent_dim < 2:
            raise InputError(
                f"latent_dim must be at least 2 for variant='sphere', got {latent_dim}: latent_dim=2 is the circle."
            )
        model = SphereModel(schema, latent_dim, network, self.likelihood_of(schema), head=VonMisesFisherHead)
        partial_encoder, last = guide_stage(model)
        return Recipe(model, (joint_stage(model, ELBO()), last), partial_encoder)
