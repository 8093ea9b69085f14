"""Introspective adversarial networks (Brock et al., 2017), and Soft-IntroVAE (Daniel and Tamar, 2021)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from quintet.data.schema import Schema
from quintet.errors import InputError
from quintet.models.adversarial import introspective, soft_introspective
from quintet.models.adversarial.critic import won_outright
from quintet.models.flat import Flat
from quintet.models.partial_encoder_stage import guide_stage
from quintet.models.recipe import OptimizerGroup, Recipe, Stage
from quintet.models.variant import Variant
from quintet.networks import Network, features_of


@dataclass(frozen=True)
class Ian(Variant):
    """The encoder's own features judge what the decoder makes.

    Parameters
    ----------
    similarity : weight of the squared distance of those features between a row and its reconstruction.
    adversary : weight of the decoder's loss before the critic, in nats.
    r1 : weight of the penalty on the critic's slope at real rows.
    orthogonal : weight of Σ |W Wᵀ - I|, which keeps the weights' directions apart; 0: off.
    soft : no critic at all: the encoder tells fakes by their bound (Soft-IntroVAE); of the others only ``contrast``
        counts then.
    contrast : times that the rate of a fake counts there.
    """

    summary: ClassVar[str] = "introspective: the encoder's own features are the adversary; or, soft, its bound is"

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
                raise InputError(f"{name}={getattr(self, name)} came; the weight must be at least 0.")

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A flat model whose halves play against each other, then the guide."""
        model = Flat(schema, latent_dim, network, self.likelihood_of(schema))
        groups = self._soft(model) if self.soft else self._groups(model)
        check = soft_introspective.ran_away if self.soft else won_outright
        guide, guiding = guide_stage(model)
        return Recipe(model, (Stage("joint", groups, 0.8, check=check), guiding), guide)

    def _groups(self, model: Flat) -> tuple[OptimizerGroup, ...]:
        critic = nn.Linear(features_of(model.encoder, model.scaled.out_shape), 3)
        make = introspective.introspective_autoencode(model, critic, self.similarity, self.adversary, self.orthogonal)
        tell = introspective.introspective_critic_loss(model, critic, self.r1, self.orthogonal)
        return OptimizerGroup("model", (model,), make), OptimizerGroup("critic", (model.encoder, critic), tell)

    def _soft(self, model: Flat) -> tuple[OptimizerGroup, ...]:
        encode = soft_introspective.encoder_loss(model, self.contrast)
        return (
            OptimizerGroup("encoder", model.inference(), encode),
            OptimizerGroup("decoder", (model.decoder,), soft_introspective.decoder_loss(model)),
        )
