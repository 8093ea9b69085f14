"""VAE with a learnt mixture of normals as prior (Dilokthanakul et al., 2016)."""

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
    """VAE with a prior p(z) that is a learnt mixture of diagonal normals.

    Parameters
    ----------
    modes : number of components.
    """

    summary: ClassVar[str] = "VAE with a learnt mixture of normals as prior, for rows in clusters"

    modes: int = 20

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.modes < 1:
            raise InputError(f"modes must be at least 1, got {self.modes!r}.")

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A flat model with a mixture prior, trained on the ELBO, then the partial encoder."""
        prior = MixturePrior(latent_dim, self.modes)
        model = Flat(schema, latent_dim, network, self.likelihood_of(schema), prior=prior)
        partial_encoder, last = guide_stage(model)
        return Recipe(model, (joint_stage(model, ELBO()), last), partial_encoder)
