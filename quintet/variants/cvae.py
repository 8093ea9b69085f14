"""Conditional VAE p(x, z | c) for conditions c that are labels, numbers or images (Sohn, Lee and Yan, 2015)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from quintet.data.schema import Schema
from quintet.errors import InputError
from quintet.models.flat import Flat
from quintet.models.joint_stage import joint_stage
from quintet.models.objectives.elbo import ELBO
from quintet.models.partial_encoder_stage import guide_stage
from quintet.models.recipe import Recipe
from quintet.models.variant import Variant
from quintet.networks import Network


@dataclass(frozen=True)
class Cvae(Variant):
    """VAE with the ELBO of log p(x|c); the condition is y of ``fit``, and p(c) its frequency in the training rows."""

    summary: ClassVar[str] = (
        "conditional VAE given labels, numbers or images as y: conditions can be chosen or marginalised"
    )
    conditional: ClassVar[bool] = True

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A flat model whose encoder and decoder read the condition, trained on the ELBO, then the partial encoder."""
        if schema.condition is None:
            raise InputError(
                "variant='cvae' needs a condition for each row, got none: give y to fit, or --label to the command."
            )
        model = Flat(schema, latent_dim, network, self.likelihood_of(schema))
        partial_encoder, last = guide_stage(model)
        return Recipe(model, (joint_stage(model, ELBO()), last), partial_encoder)
