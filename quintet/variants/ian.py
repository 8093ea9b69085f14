"""Introspective adversarial networks (Brock et al., 2017), and Soft-IntroVAE (Daniel and Tamar, 2021)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from quintet.data.schema import Schema
from quintet.errors import InputError
from quintet.models.adversarial import introspective, soft_introspective
from quintet.models.adversarial.critic import critic_won
from quintet.models.flat import Flat
from quintet.models.partial_encoder_stage import guide_stage
from quintet.models.recipe import OptimizerGroup, Recipe, Stage
from quintet.models.variant import Variant
from quintet.networks import Network, features_of


@dataclass(frozen=True)
class Ian(Variant):
    """VAE whose critic reads the encoder's features, or, with ``soft``, whose ELBO is the critic.

    Parameters
    ----------
    similarity : weight of the squared distance of the encoder's features between a row and its reconstruction.
    adversary : weight of the decoder's adversarial loss, in nats.
    r1 : weight of the critic's R1 gradient penalty at real rows.
    orthogonal : weight of the orthogonality penalty Σ |W Wᵀ - I| on the weights; 0: off.
    soft : Soft-IntroVAE: no critic, the encoder separates fakes by their ELBO; uses only ``contrast`` of these options.
    contrast : weight of the rate of fakes in Soft-IntroVAE.
    """

    summary: ClassVar[str] = (
        "introspective VAE: the critic reads the encoder's features; with soft, the ELBO is the critic"
    )

    similarity: float = 0.3
    adversary: float = 1.0
    r1: float = 2.0
    orthogonal: float = 0.0
    soft: bool = False
    contrast: float = 4.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("similarity", "adversary", "r1", "orthogonal", "contrast"):
            if not getattr(self, name) >= 0:
                raise InputError(f"{name} must be at least 0, got {getattr(self, name)}.")

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A flat model with an adversary that shares its encoder, then the partial encoder."""
        model = Flat(schema, latent_dim, network, self.likelihood_of(schema))
        groups = self._soft(model) if self.soft else self._groups(model)
        check = soft_introspective.encoder_won if self.soft else critic_won
        partial_encoder, last = guide_stage(model)
        return Recipe(model, (Stage("joint", groups, 0.8, check=check), last), partial_encoder)

    def _groups(self, model: Flat) -> tuple[OptimizerGroup, ...]:
        critic = nn.Linear(features_of(model.encoder, model.scaled.out_shape), 3)
        autoencode = introspective.introspective_loss(model, critic, self.similarity, self.adversary, self.orthogonal)
        discriminate = introspective.introspective_critic_loss(model, critic, self.r1, self.orthogonal)
        return OptimizerGroup("model", (model,), autoencode), OptimizerGroup(
            "critic", (model.encoder, critic), discriminate
        )

    def _soft(self, model: Flat) -> tuple[OptimizerGroup, ...]:
        encode = soft_introspective.encoder_loss(model, self.contrast)
        return (
            OptimizerGroup("encoder", model.inference(), encode),
            OptimizerGroup("decoder", (model.decoder,), soft_introspective.decoder_loss(model)),
        )
