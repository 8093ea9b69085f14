"""The VampPrior (Tomczak and Welling, 2018): the posteriors of learnt pseudo-inputs, mixed, are the prior."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from quintet.data.dataset import Batch
from quintet.data.schema import Schema
from quintet.errors import InputError
from quintet.models.flat import Flat
from quintet.models.objectives.elbo import ELBO
from quintet.models.partial_encoder_stage import guide_stage
from quintet.models.priors.mixture import VampPrior
from quintet.models.recipe import LossOutput, OptimizerGroup, Recipe, Stage, StepContext
from quintet.models.variant import Variant
from quintet.networks import Network
from quintet.noise import Noise


@dataclass(frozen=True)
class Vamp(Variant):
    """p(z) is the mixture of the posteriors of pseudo-inputs, which are learnt.

    Parameters
    ----------
    pseudo_inputs : how many.
    exemplars : start them at rows of the first batch instead of at noise about the middle; they are learnt all the
        same, but the file may then show rows of the training data.
    """

    summary: ClassVar[str] = "the prior is a mixture of posteriors of learnt pseudo-inputs (VampPrior)"

    pseudo_inputs: int = 64
    exemplars: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        count = self.pseudo_inputs
        if count < 1:
            raise InputError(f"pseudo_inputs={count!r} came; the prior needs a whole number of them, at least 1.")

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A flat model whose prior asks its own encoder, trained on the bound, then its guide."""
        model = Flat(schema, latent_dim, network, self.likelihood_of(schema))
        prior = VampPrior(schema, self.pseudo_inputs, model.posterior)
        model.prior, objective = prior, ELBO()

        def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
            if self.exemplars and context.step == 0 and model.training:
                prior.start_at(batch)
            draw = model.draw(batch.x, batch.observed, noise, batch.condition)
            return objective(batch.x, batch.observed, draw, context)

        guide, guiding = guide_stage(model)
        return Recipe(model, (Stage("joint", (OptimizerGroup("model", (model,), loss),), 0.8), guiding), guide)
