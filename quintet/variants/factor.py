"""FactorVAE (Kim and Mnih, 2018)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from quintet.data.schema import Schema
from quintet.errors import InputError
from quintet.models.flat import Flat
from quintet.models.objectives.critic_tc import CriticTotalCorrelation
from quintet.models.partial_encoder_stage import guide_stage
from quintet.models.recipe import Recipe
from quintet.models.variant import Variant
from quintet.networks import Network


@dataclass(frozen=True)
class Factor(Variant):
    """VAE with γ times the total correlation of the latents, estimated by a critic.

    Parameters
    ----------
    gamma : additional weight of the total correlation, which the rate already contains once.
    width : width of the critic's three hidden layers.
    """

    summary: ClassVar[str] = (
        "VAE with the total correlation weighted by gamma, estimated by a critic: independent latents"
    )

    gamma: float = 10.0
    width: int = 256

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.gamma >= 0:
            raise InputError(f"gamma must be at least 0, got {self.gamma}.")
        if self.width < 1:
            raise InputError(f"width must be at least 1, got {self.width}.")

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A flat model and the critic in turn, then the partial encoder."""
        model = Flat(schema, latent_dim, network, self.likelihood_of(schema))
        partial_encoder, last = guide_stage(model)
        return Recipe(model, (CriticTotalCorrelation(model, self.gamma, self.width).stage(), last), partial_encoder)
