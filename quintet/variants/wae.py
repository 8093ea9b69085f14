"""Wasserstein autoencoder with the maximum mean discrepancy (Tolstikhin, Bousquet, Gelly and Schölkopf, 2018)."""

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
    """Autoencoder with a deterministic encoder and an MMD between the codes of a batch and N(0, I).

    Parameters
    ----------
    weight : weight of the MMD, in nats a row.
    kernel : "imq" (inverse multiquadratic, heavy tails) or "rbf" (Gaussian).
    """

    summary: ClassVar[str] = "Wasserstein autoencoder: a deterministic encoder, its codes matched to N(0, I) by an MMD"

    weight: float = 300.0
    kernel: str = "imq"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.weight >= 0:
            raise InputError(f"weight must be at least 0, got {self.weight}.")
        if self.kernel not in KERNELS:
            raise InputError(f"kernel={self.kernel!r} is not known: {nearest(str(self.kernel), KERNELS)}.")

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A flat model with a deterministic posterior on distortion + weight · MMD, then the partial encoder."""
        model = Flat(schema, latent_dim, network, self.likelihood_of(schema), head=Deterministic)
        bound = ELBO(beta=0.0)

        def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
            draw = model.draw(batch.x, batch.observed, noise, batch.condition)
            terms = bound(batch.x, batch.observed, draw, context)
            z = context.share.whole(draw.layers[0].z[0])
            gap = mmd(z, noise.whole.normal(len(z), latent_dim)[0], self.kernel)
            whole = terms.loss + self.weight * context.rate_weight * gap
            return LossOutput(whole, terms.distortion, terms.rate, {"discrepancy": gap.expand(len(batch))})

        partial_encoder, last = guide_stage(model)
        return Recipe(model, (Stage("joint", (OptimizerGroup("model", (model,), loss),), 0.8), last), partial_encoder)
