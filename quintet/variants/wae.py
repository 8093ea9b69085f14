"""The Wasserstein autoencoder with the maximum mean discrepancy (Tolstikhin, Bousquet, Gelly and Schölkopf, 2018)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from quintet.data.dataset import Batch
from quintet.data.schema import Schema
from quintet.errors import InputError, nearest
from quintet.models.flat import Flat
from quintet.models.objectives.elbo import ELBO
from quintet.models.objectives.mmd import KERNELS, mmd
from quintet.models.partial_encoder_stage import guide_stage
from quintet.models.posteriors.normal import Deterministic
from quintet.models.recipe import LossOutput, OptimizerGroup, Recipe, Stage, StepContext
from quintet.models.variant import Variant
from quintet.networks import Network
from quintet.noise import Noise


@dataclass(frozen=True)
class Wae(Variant):
    """A deterministic encoder whose codes as a whole are drawn to N(0, I), row by row they are free.

    Parameters
    ----------
    weight : nats that a discrepancy of 1 between the codes of a batch and N(0, I) costs each row.
    kernel : "imq" (inverse multiquadratic, heavy tails) or "rbf" (Gaussian).
    """

    summary: ClassVar[str] = "a deterministic encoder, its codes as a whole drawn to N(0, I) by a kernel's discrepancy"

    weight: float = 300.0
    kernel: str = "imq"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.weight >= 0:
            raise InputError(f"weight={self.weight} came; the weight of the discrepancy must be at least 0.")
        if self.kernel not in KERNELS:
            raise InputError(f"kernel={self.kernel!r} is not known: {nearest(str(self.kernel), KERNELS)}.")

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A flat model with a point for a posterior, trained on distortion + weight · discrepancy, then its guide."""
        model = Flat(schema, latent_dim, network, self.likelihood_of(schema), head=Deterministic)
        bound = ELBO(beta=0.0)

        def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
            draw = model.draw(batch.x, batch.observed, noise, batch.condition)
            terms = bound(batch.x, batch.observed, draw, context)
            gap = mmd(draw.layers[0].z[0], noise.normal(len(batch), latent_dim)[0], self.kernel)
            whole = terms.loss + self.weight * context.rate_weight * gap
            return LossOutput(whole, terms.distortion, terms.rate, {"discrepancy": gap.expand(len(batch))})

        guide, guiding = guide_stage(model)
        return Recipe(model, (Stage("joint", (OptimizerGroup("model", (model,), loss),), 0.8), guiding), guide)
