"""A mixture of normals for a prior, its components learnt together with the rest (Dilokthanakul et al., 2016)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from quintet.data.schema import Schema
from quintet.errors import InputError
from quintet.models.flat import Flat
from quintet.models.joint_stage import joint_stage
from quintet.models.objectives.elbo import ELBO
from quintet.models.partial_encoder_stage import guide_stage
from quintet.models.priors.mixture import MixturePrior
from quintet.models.recipe import Recipe
from quintet.models.variant import Variant
from quintet.networks import Network


@dataclass(frozen=True)
class Mixture(Variant):
    """p(z) is a mixture of diagonal normals.

    Parameters
    ----------
    modes : number of its components.
    """

    summary: ClassVar[str] = "a learnt mixture of normals as prior: room for groups, fewer holes to draw from"

    modes: int = 20

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.modes < 1:
            raise InputError(f"modes={self.modes!r} came; the prior needs a whole number of components, at least 1.")

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A flat model with the learnt prior, trained on the bound, then its guide."""
        prior = MixturePrior(latent_dim, self.modes)
        model = Flat(schema, latent_dim, network, self.likelihood_of(schema), prior=prior)
        guide, guiding = guide_stage(model)
        return Recipe(model, (joint_stage(model, ELBO()), guiding), guide)
