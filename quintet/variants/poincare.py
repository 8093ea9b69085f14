"""VAE with hyperbolic latents (Nagano et al., 2019; Mathieu, Le Lan, Maddison, Tomioka and Teh, 2019)."""

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
    """VAE with wrapped normal prior and posterior in hyperbolic space, whose volume grows exponentially with distance.

    Parameters
    ----------
    curvature : c > 0; the sectional curvature of the space is -c. Near 0 the space is flat, as in ``vae``.
    """

    summary: ClassVar[str] = "VAE with latents in hyperbolic space, for trees: wrapped normal prior and posterior"

    curvature: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1e-6 <= self.curvature < math.inf:
            raise InputError(
                f"curvature must be at least 1e-6 and finite (the space has its negative), got {self.curvature}."
            )

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A hyperbolic model trained on the ELBO, then the partial encoder."""
        most = (FARTHEST / (math.sqrt(latent_dim) + 4)) ** 2  # prior draws lie within √latent_dim + 4
        if self.curvature > most:
            raise InputError(
                f"curvature must be at most {most:.3g} with {latent_dim} latents, or distances overflow, got "
                f"{self.curvature:g}: give curvature={0.99 * most:.2g} or less, or fewer latents."
            )
        model = Hyperbolic(schema, latent_dim, network, self.likelihood_of(schema), self.curvature)
        partial_encoder, last = guide_stage(model)
        return Recipe(model, (joint_stage(model, ELBO()), last), partial_encoder)
