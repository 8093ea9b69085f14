"""VAE with a VampPrior (Tomczak and Welling, 2018)."""

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
from quintet.models.priors.pseudo_inputs import PseudoColumns, PseudoInputs, PseudoRows
from quintet.models.recipe import LossOutput, OptimizerGroup, Recipe, Stage, StepContext
from quintet.models.variant import Variant
from quintet.networks import Network
from quintet.networks.embed import ColumnInput
from quintet.noise import Noise


@dataclass(frozen=True)
class Vamp(Variant):
    """VAE with a prior p(z) that is the mixture of the posteriors of learnt pseudo-inputs.

    Parameters
    ----------
    pseudo_inputs : number of pseudo-inputs.
    exemplars : initialise the pseudo-inputs at rows of the first batch instead of at noise; the saved file may then
        reveal training rows.
    """

    summary: ClassVar[str] = "VAE with a mixture of posteriors of learnt pseudo-inputs as prior (VampPrior)"

    pseudo_inputs: int = 64
    exemplars: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        count = self.pseudo_inputs
        if count < 1:
            raise InputError(f"pseudo_inputs must be at least 1, got {count!r}.")

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A flat model with a VampPrior, trained on the ELBO, then the partial encoder."""
        model = Flat(schema, latent_dim, network, self.likelihood_of(schema))
        scaled = model.scaled
        rows: PseudoInputs = PseudoColumns(scaled) if isinstance(scaled, ColumnInput) else PseudoRows(schema, scaled)
        prior = VampPrior(rows, self.pseudo_inputs, model.posterior_from)
        model.prior, objective = prior, ELBO()

        def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
            if self.exemplars and context.step == 0 and model.training:
                prior.start_at(batch)
            draw = model.draw(batch.x, batch.observed, noise, batch.condition)
            return objective(batch.x, batch.observed, draw, context)

        partial_encoder, last = guide_stage(model)
        return Recipe(model, (Stage("joint", (OptimizerGroup("model", (model,), loss),), 0.8), last), partial_encoder)
