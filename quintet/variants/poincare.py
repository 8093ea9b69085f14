"""Hyperbolic latents (Nagano et al., 2019; Mathieu, Le Lan, Maddison, Tomioka and Teh, 2019)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from quintet.data.schema import Schema
from quintet.distributions.hyperbolic import FARTHEST
from quintet.errors import InputError
from quintet.models.geometry.hyperbolic import Hyperbolic
from quintet.models.joint_stage import joint_stage
from quintet.models.objectives.elbo import ELBO
from quintet.models.partial_encoder_stage import guide_stage
from quintet.models.recipe import Recipe
from quintet.models.variant import Variant
from quintet.networks import Network


@dataclass(frozen=True)
class Poincare(Variant):
    """A wrapped normal on a space whose room grows exponentially with the distance, as trees do.

    Parameters
    ----------
    curvature : c > 0; the space's sectional curvature is -c. Near 0 it is flat, and this is ``vae``.
    """

    summary: ClassVar[str] = "latents in hyperbolic space, where trees fit: a wrapped normal posterior and prior"

    curvature: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1e-6 <= self.curvature < math.inf:
            raise InputError(f"curvature={self.curvature} came; it must be at least 1e-6: the space's own is minus it.")

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A flat model in tangent coordinates, trained on the bound, then its guide."""
        most = (FARTHEST / (math.sqrt(latent_dim) + 4)) ** 2  # prior draws lie within √latent_dim + 4
        if self.curvature > most:
            raise InputError(
                f"curvature={self.curvature:g} came with {latent_dim} latents; distances would overflow: "
                f"give curvature={0.99 * most:.2g} or less, or fewer latents."
            )
        model = Hyperbolic(schema, latent_dim, network, self.likelihood_of(schema), self.curvature)
        guide, guiding = guide_stage(model)
        return Recipe(model, (joint_stage(model, ELBO()), guiding), guide)
