"""The plain autoencoder: a code and its reconstruction, no rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from quintet.data.schema import Schema
from quintet.models.flat import Flat
from quintet.models.joint_stage import joint_stage
from quintet.models.objectives.elbo import ELBO
from quintet.models.partial_encoder_stage import guide_stage
from quintet.models.posteriors.normal import Deterministic
from quintet.models.recipe import Recipe
from quintet.models.variant import Variant
from quintet.networks import Network


@dataclass(frozen=True)
class Ae(Variant):
    """A deterministic encoder; N(0, I) is its prior by name only: a density fitted to the codes stands in for it."""

    summary: ClassVar[str] = "the plain autoencoder: a deterministic code, no rate; the baseline of the family"

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A flat model with a point for a posterior, trained on the distortion, then its guide."""
        model = Flat(schema, latent_dim, network, self.likelihood_of(schema), head=Deterministic)
        model.prior_learnt = False
        guide, guiding = guide_stage(model)
        return Recipe(model, (joint_stage(model, ELBO(beta=0.0)), guiding), guide)
