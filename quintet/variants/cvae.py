"""The conditional VAE (Sohn, Lee and Yan, 2015): p(x, z | c) for labels, numbers and images c."""

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
    """The bound of log p(x|c); the condition is y of ``fit``, and p(c) is its share among the training rows."""

    summary: ClassVar[str] = (
        "conditional on labels, numbers or images given as y: generate what is asked for, sum over the rest"
    )
    conditional: ClassVar[bool] = True

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A flat model whose encoder and decoder see the condition, trained on the bound, then its guide."""
        if schema.condition is None:
            raise InputError("variant='cvae' needs a condition for each row: give y to fit, or --label to the command.")
        model = Flat(schema, latent_dim, network, self.likelihood_of(schema))
        guide, guiding = guide_stage(model)
        return Recipe(model, (joint_stage(model, ELBO()), guiding), guide)
