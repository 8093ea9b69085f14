"""Regularised autoencoder (Ghosh, Sajjadi, Vergari, Black and Schölkopf, 2020)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from quintet.data.dataset import Batch
from quintet.data.schema import Schema
from quintet.errors import InputError, nearest
from quintet.models.flat import Flat
from quintet.models.objectives.regularised import WEIGHTS, Smooth, normalise
from quintet.models.partial_encoder_stage import guide_stage
from quintet.models.posteriors.normal import Deterministic
from quintet.models.recipe import LossOutput, OptimizerGroup, Recipe, Stage, StepContext
from quintet.models.variant import Variant
from quintet.networks import Network
from quintet.noise import Noise


@dataclass(frozen=True)
class Rae(Variant):
    """Autoencoder with penalties on the codes' norm and the decoder, and a density fitted to the codes after training.

    Parameters
    ----------
    regulariser : regulariser of the decoder: "gradient" (its Jacobian), "l2" (its weights) or "spectral" (its norms).
    weight : weight of the regulariser; None: 0.01 for "gradient", 10 for "l2", where it is the precision of a normal
        prior over the decoder's weights; "spectral" has no weight.
    code : weight of ½‖z‖².
    """

    summary: ClassVar[str] = (
        "autoencoder with a regularised decoder (gradient, l2 or spectral) and a density fitted afterwards"
    )

    regulariser: str = "gradient"
    weight: float | None = None
    code: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.regulariser not in WEIGHTS:
            raise InputError(
                f"regulariser={self.regulariser!r} is not known: {nearest(str(self.regulariser), WEIGHTS)}."
            )
        for name in ("weight", "code"):
            if (value := getattr(self, name)) is not None and not value >= 0:
                raise InputError(f"{name} must be at least 0, got {value}.")
        if self.weight is not None and self.regulariser == "spectral":
            raise InputError(f"weight must be None for regulariser='spectral', got {self.weight}: leave it out.")

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A flat model with a deterministic posterior and no learnt prior, then the partial encoder."""
        model = Flat(schema, latent_dim, network, self.likelihood_of(schema), head=Deterministic)
        model.prior_learnt = False
        if self.regulariser == "spectral":
            normalise(model.decoder)
        weight = WEIGHTS[self.regulariser] if self.weight is None else self.weight
        objective = Smooth(self.regulariser, weight, self.code)

        def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
            draw = model.draw(batch.x, batch.observed, noise)
            return objective(batch.x, batch.observed, draw, model.decoder, noise, context)

        partial_encoder, last = guide_stage(model)
        return Recipe(model, (Stage("joint", (OptimizerGroup("model", (model,), loss),), 0.8), last), partial_encoder)
