"""The hyperspherical VAE (Davidson, Falorsi, De Cao, Kipf and Tomczak, 2018)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from quintet.data.schema import Schema
from quintet.errors import InputError
from quintet.models.geometry.sphere import Directions
from quintet.models.geometry.sphere import SphereModel as SphereModel
from quintet.models.joint_stage import joint_stage
from quintet.models.objectives.elbo import ELBO
from quintet.models.partial_encoder_stage import guide_stage
from quintet.models.recipe import Recipe
from quintet.models.variant import Variant
from quintet.networks import Network


@dataclass(frozen=True)
class Sphere(Variant):
    """Directions on the unit sphere in ``latent_dim`` dimensions, uniform a priori, von Mises-Fisher a posteriori."""

    summary: ClassVar[str] = "latents on a sphere: uniform prior, von Mises-Fisher posterior; no middle to crowd into"

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A flat model whose decoder reads the direction alone, trained on the bound, then its guide."""
        if latent_dim < 2:
            raise InputError(f"latent_dim={latent_dim} came; a sphere needs at least 2: latent_dim=2 is the circle.")
        model = SphereModel(schema, latent_dim, network, self.likelihood_of(schema), head=Directions)
        guide, guiding = guide_stage(model)
        return Recipe(model, (joint_stage(model, ELBO()), guiding), guide)
