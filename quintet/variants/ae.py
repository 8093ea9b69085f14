"""Plain autoencoder: a deterministic code and no rate."""

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
    """Autoencoder without a prior in training; a density fitted to the codes afterwards replaces N(0, I)."""

    summary: ClassVar[str] = "plain autoencoder: a deterministic code and no rate; a baseline"

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A flat model with a deterministic posterior, trained on the distortion, then the partial encoder."""
        model = Flat(schema, latent_dim, network, self.likelihood_of(schema), head=Deterministic)
        model.prior_learnt = False
        partial_encoder, last = guide_stage(model)
        return Recipe(model, (joint_stage(model, ELBO(beta=0.0)), last), partial_encoder)
