"""Adversarial autoencoder (Makhzani, Shlens, Jaitly, Goodfellow and Frey, 2015)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from quintet.data.schema import Schema
from quintet.errors import InputError
from quintet.models.adversarial.critic import critic_won, latent_critic
from quintet.models.adversarial.latent_matching import latent_critic_loss, matching_loss
from quintet.models.flat import Flat
from quintet.models.partial_encoder_stage import guide_stage
from quintet.models.posteriors.normal import Deterministic
from quintet.models.recipe import OptimizerGroup, Recipe, Stage
from quintet.models.variant import Variant
from quintet.networks import Network


@dataclass(frozen=True)
class Aae(Variant):
    """Autoencoder with a deterministic encoder whose codes are matched to N(0, I) by a critic.

    Parameters
    ----------
    weight : weight of the encoder's adversarial loss, in nats a latent.
    r1 : weight of the critic's R1 gradient penalty at draws from N(0, I).
    """

    summary: ClassVar[str] = (
        "adversarial autoencoder: a deterministic encoder, its codes matched to N(0, I) by a critic"
    )

    weight: float = 5.0
    r1: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("weight", "r1"):
            if not getattr(self, name) >= 0:
                raise InputError(f"{name} must be at least 0, got {getattr(self, name)}.")

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A flat model and a critic of its codes in turn, then the partial encoder."""
        model = Flat(schema, latent_dim, network, self.likelihood_of(schema), head=Deterministic)
        critic = latent_critic(latent_dim)
        groups = (
            OptimizerGroup("model", (model,), matching_loss(model, critic, self.weight * latent_dim)),
            OptimizerGroup("critic", (critic,), latent_critic_loss(model, critic, self.r1)),
        )
        partial_encoder, last = guide_stage(model)
        return Recipe(model, (Stage("joint", groups, 0.8, check=critic_won), last), partial_encoder)
