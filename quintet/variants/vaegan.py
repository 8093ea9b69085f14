"""The VAE-GAN (Larsen, Sønderby, Larochelle and Winther, 2016): autoencoding beyond pixels by a learned similarity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from quintet.data.schema import Schema
from quintet.errors import InputError
from quintet.models.adversarial.critic import row_critic, won_outright
from quintet.models.adversarial.feature_similarity import feature_autoencode, row_critic_loss
from quintet.models.flat import Flat
from quintet.models.partial_encoder_stage import guide_stage
from quintet.models.recipe import OptimizerGroup, Recipe, Stage
from quintet.models.variant import Variant
from quintet.networks import Network


@dataclass(frozen=True)
class Vaegan(Variant):
    """Rows are alike where a critic sees them alike: its features are compared where a VAE compares cells.

    Parameters
    ----------
    similarity : weight of the squared distance of the critic's features, in nats a cell of a row.
    adversary : weight of the decoder's loss before the critic, in nats.
    cells : weight of -log p(x|z), cell by cell; above 0, for the other answers need p(x|z).
    r1 : weight of the penalty on the critic's slope at real rows.
    """

    summary: ClassVar[str] = "rows compared by the features of an adversary, not cell by cell: sharper reconstructions"

    similarity: float = 1.0
    adversary: float = 1.0
    cells: float = 1.0
    r1: float = 2.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("similarity", "adversary", "r1"):
            if not getattr(self, name) >= 0:
                raise InputError(f"{name}={getattr(self, name)} came; the weight must be at least 0.")
        if not self.cells > 0:
            raise InputError(
                f"cells={self.cells} came; it must be above 0, for without p(x|z) no question is answered."
            )

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A flat model and a critic of rows that take turns, then the guide."""
        model = Flat(schema, latent_dim, network, self.likelihood_of(schema))
        critic = row_critic(network, model.scaled.out_shape)
        weights = (self.similarity, self.adversary, self.cells)
        groups = (
            OptimizerGroup("model", (model,), feature_autoencode(model, critic, *weights)),
            OptimizerGroup("critic", (critic,), row_critic_loss(model, critic, self.r1)),
        )
        guide, guiding = guide_stage(model)
        return Recipe(model, (Stage("joint", groups, 0.8, check=won_outright), guiding), guide)
