"""Adversarial autoencoder with dual matching for single-cell data (DR-A: Lin, Mukherjee and Kannan, 2020)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from quintet.data.schema import Schema
from quintet.errors import InputError, nearest
from quintet.models.adversarial.critic import FOOLED, critic_won, latent_critic, row_critic
from quintet.models.adversarial.dual_matching import GAMES, ROWS, dual_matching_loss, dual_row_critic_loss
from quintet.models.adversarial.latent_matching import latent_critic_loss
from quintet.models.flat import Flat
from quintet.models.partial_encoder_stage import guide_stage
from quintet.models.posteriors.normal import Deterministic
from quintet.models.recipe import OptimizerGroup, Recipe, Stage
from quintet.models.variant import Variant
from quintet.networks import Likelihood, Network

SECOND = (*GAMES, "cycle")


@dataclass(frozen=True)
class DrAae(Variant):
    """Autoencoder with two critics, which match codes to N(0, I) and decoded rows to the data.

    Counts have a zero-inflated likelihood by default.

    Parameters
    ----------
    second : loss of the critic of rows: "bhattacharyya", "logistic", or "cycle" (logistic plus cycle consistency).
    weight : weight of the encoder's adversarial loss, in nats a latent.
    rows : weight of the decoder's adversarial loss, in nats.
    r1 : weight of both critics' R1 gradient penalty.
    blur : standard deviation of the noise on inputs of the critic of rows, in encoder units (log(1 + n) for counts).
    """

    summary: ClassVar[str] = (
        "adversarial autoencoder for counts, with a second critic that matches decoded rows to the data"
    )

    second: str = "bhattacharyya"
    weight: float = 5.0
    rows: float = 1.0
    r1: float = 1.0
    blur: float = 0.3

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("weight", "rows", "r1", "blur"):
            if not getattr(self, name) >= 0:
                raise InputError(f"{name} must be at least 0, got {getattr(self, name)}.")
        if self.second not in SECOND:
            raise InputError(f"second={self.second!r} is not known: {nearest(str(self.second), SECOND)}.")

    def likelihood_of(self, schema: Schema) -> Likelihood:
        """The likelihood of the decoder; zero-inflated for counts by default."""
        if schema.support.is_half_bounded and self.likelihood == "auto":
            return self.set_params(likelihood="zero_inflated").likelihood_of(schema)
        return super().likelihood_of(schema)

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A flat model, a critic of its codes and a critic of its rows in turn, then the partial encoder."""
        model = Flat(schema, latent_dim, network, self.likelihood_of(schema), head=Deterministic)
        codes, rows = latent_critic(latent_dim), row_critic(network, model.scaled.out_shape)
        game = GAMES["logistic" if self.second == "cycle" else self.second]
        weights = (self.weight * latent_dim, self.rows, float(self.second == "cycle"))
        groups = (
            OptimizerGroup("model", (model,), dual_matching_loss(model, codes, rows, game, weights, self.blur)),
            OptimizerGroup("codes", (codes,), latent_critic_loss(model, codes, self.r1)),
            OptimizerGroup("rows", (rows,), dual_row_critic_loss(model, rows, game, self.r1, self.blur)),
        )
        partial_encoder, last = guide_stage(model)
        check = partial(critic_won, names=(FOOLED, ROWS))
        return Recipe(model, (Stage("joint", groups, 0.8, check=check), last), partial_encoder)
