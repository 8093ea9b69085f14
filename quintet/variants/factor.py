"""The FactorVAE (Kim and Mnih, 2018)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from quintet.data.schema import Schema
from quintet.errors import InputError
from quintet.models.flat import Flat
from quintet.models.objectives.critic_tc import Correlated
from quintet.models.partial_encoder_stage import guide_stage
from quintet.models.recipe import Recipe
from quintet.models.variant import Variant
from quintet.networks import Network


@dataclass(frozen=True)
class Factor(Variant):
    """The bound, and the total correlation of the latents as a critic tells it, γ times.

    Parameters
    ----------
    gamma : weight of the total correlation, in addition to the once that it has within the rate.
    width : of the critic's three hidden layers.
    """

    summary: ClassVar[str] = "total correlation weighted by gamma, told by a critic: independent latents"

    gamma: float = 10.0
    width: int = 256

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.gamma >= 0:
            raise InputError(f"gamma={self.gamma} came; the weight of the total correlation must be at least 0.")
        if self.width < 1:
            raise InputError(f"width={self.width} came; the critic needs hidden layers of at least 1 unit.")

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A flat model that takes turns with the critic, then its guide."""
        model = Flat(schema, latent_dim, network, self.likelihood_of(schema))
        guide, guiding = guide_stage(model)
        return Recipe(model, (Correlated(model, self.gamma, self.width).stage(), guiding), guide)
