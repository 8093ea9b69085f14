"""The adversarial autoencoder (Makhzani, Shlens, Jaitly, Goodfellow and Frey, 2015)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from quintet.data.schema import Schema
from quintet.errors import InputError
from quintet.models.adversarial.critic import latent_critic, won_outright
from quintet.models.adversarial.latent_matching import matching_autoencode, tell_latents
from quintet.models.flat import Flat
from quintet.models.partial_encoder_stage import guide_stage
from quintet.models.posteriors.normal import Deterministic
from quintet.models.recipe import OptimizerGroup, Recipe, Stage
from quintet.models.variant import Variant
from quintet.networks import Network


@dataclass(frozen=True)
class Aae(Variant):
    """A deterministic encoder that learns to pass its codes off as draws from N(0, I).

    Parameters
    ----------
    weight : of the encoder's loss before the critic, in nats a latent, against the distortion.
    r1 : weight of the penalty on the critic's slope at draws from N(0, I).
    """

    summary: ClassVar[str] = "a deterministic encoder whose codes an adversary cannot tell from draws of N(0, I)"

    weight: float = 5.0
    r1: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("weight", "r1"):
            if not getattr(self, name) >= 0:
                raise InputError(f"{name}={getattr(self, name)} came; the weight must be at least 0.")

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A flat model and a critic of its codes that take turns, then the guide."""
        model = Flat(schema, latent_dim, network, self.likelihood_of(schema), head=Deterministic)
        critic = latent_critic(latent_dim)
        groups = (
            OptimizerGroup("model", (model,), matching_autoencode(model, critic, self.weight * latent_dim)),
            OptimizerGroup("critic", (critic,), tell_latents(model, critic, self.r1)),
        )
        guide, guiding = guide_stage(model)
        return Recipe(model, (Stage("joint", groups, 0.8, check=won_outright), guiding), guide)
