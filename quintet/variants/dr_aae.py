"""The adversarial autoencoder with dual matching for single cells (DR-A: Lin, Mukherjee and Kannan, 2020)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from quintet.data.schema import Schema
from quintet.errors import InputError, nearest
from quintet.models.adversarial.critic import FOOLED, latent_critic, row_critic, won_outright
from quintet.models.adversarial.dual_matching import GAMES, ROWS, dual_row_critic_loss, match_both
from quintet.models.adversarial.latent_matching import tell_latents
from quintet.models.flat import Flat
from quintet.models.partial_encoder_stage import guide_stage
from quintet.models.posteriors.normal import Deterministic
from quintet.models.recipe import OptimizerGroup, Recipe, Stage
from quintet.models.variant import Variant
from quintet.networks import Likelihood, Network

SECOND = (*GAMES, "cycle")


@dataclass(frozen=True)
class DrAae(Variant):
    """Codes drawn to N(0, I) by one critic, decoded rows to the data by another; counts are zero-inflated unless told.

    Parameters
    ----------
    second : the critic of rows: "bhattacharyya", "logistic", or "cycle": logistic, and decoded draws encode to
        themselves.
    weight : of the encoder's loss before the critic of codes, in nats a latent.
    rows : of the decoder's loss before the critic of rows, in nats.
    r1 : weight of the penalty on both critics' slopes.
    blur : spread of the noise on what the critic of rows sees, in the encoder's units (of counts, log(1 + n)).
    """

    summary: ClassVar[str] = "an adversarial autoencoder for counts, with a second adversary that matches the rows"

    second: str = "bhattacharyya"
    weight: float = 5.0
    rows: float = 1.0
    r1: float = 1.0
    blur: float = 0.3

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("weight", "rows", "r1", "blur"):
            if not getattr(self, name) >= 0:
                raise InputError(f"{name}={getattr(self, name)} came; it must be at least 0.")
        if self.second not in SECOND:
            raise InputError(f"second={self.second!r} is not known: {nearest(str(self.second), SECOND)}.")

    def likelihood_of(self, schema: Schema) -> Likelihood:
        """The decoder's head; of counts one that allows for zeros of another origin."""
        if schema.kind == "count" and self.likelihood == "auto":
            return self.set_params(likelihood="zero_inflated").likelihood_of(schema)
        return super().likelihood_of(schema)

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A flat model, a critic of its codes and a critic of its rows that take turns, then the guide."""
        model = Flat(schema, latent_dim, network, self.likelihood_of(schema), head=Deterministic)
        codes, rows = latent_critic(latent_dim), row_critic(network, model.scaled.out_shape)
        game = GAMES["logistic" if self.second == "cycle" else self.second]
        weights = (self.weight * latent_dim, self.rows, float(self.second == "cycle"))
        groups = (
            OptimizerGroup("model", (model,), match_both(model, codes, rows, game, weights, self.blur)),
            OptimizerGroup("codes", (codes,), tell_latents(model, codes, self.r1)),
            OptimizerGroup("rows", (rows,), dual_row_critic_loss(model, rows, game, self.r1, self.blur)),
        )
        guide, guiding = guide_stage(model)
        check = partial(won_outright, names=(FOOLED, ROWS))
        return Recipe(model, (Stage("joint", groups, 0.8, check=check), guiding), guide)
