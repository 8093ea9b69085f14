"""VAE-GAN (Larsen, Sønderby, Larochelle and Winther, "Autoencoding beyond pixels", 2016)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from quintet.data.schema import Schema
from quintet.errors import InputError
from quintet.models.adversarial.critic import critic_won, row_critic
from quintet.models.adversarial.feature_similarity import feature_loss, row_critic_loss
from quintet.models.flat import Flat
from quintet.models.partial_encoder_stage import guide_stage
from quintet.models.recipe import OptimizerGroup, Recipe, Stage
from quintet.models.variant import Variant
from quintet.networks import Network


@dataclass(frozen=True)
class Vaegan(Variant):
    """VAE with a critic, whose features measure the distance between rows and reconstructions.

    Parameters
    ----------
    similarity : weight of the squared distance of the critic's features, in nats a cell.
    adversary : weight of the decoder's adversarial loss, in nats.
    cells : weight of -log p(x|z) of the cells; above 0, because all tasks need p(x|z).
    r1 : weight of the critic's R1 gradient penalty at real rows.
    """

    summary: ClassVar[str] = (
        "VAE that compares rows by a critic's features as well as by cells: sharper reconstructions"
    )

    similarity: float = 1.0
    adversary: float = 1.0
    cells: float = 1.0
    r1: float = 2.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("similarity", "adversary", "r1"):
            if not getattr(self, name) >= 0:
                raise InputError(f"{name} must be at least 0, got {getattr(self, name)}.")
        if not self.cells > 0:
            raise InputError(f"cells must be above 0, because all tasks need p(x|z), got {self.cells}.")

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A flat model and a critic of rows in turn, then the partial encoder."""
        model = Flat(schema, latent_dim, network, self.likelihood_of(schema))
        critic = row_critic(network, model.scaled.out_shape)
        weights = (self.similarity, self.adversary, self.cells)
        groups = (
            OptimizerGroup("model", (model,), feature_loss(model, critic, *weights)),
            OptimizerGroup("critic", (critic,), row_critic_loss(model, critic, self.r1)),
        )
        partial_encoder, last = guide_stage(model)
        return Recipe(model, (Stage("joint", groups, 0.8, check=critic_won), last), partial_encoder)
