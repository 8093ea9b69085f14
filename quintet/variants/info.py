"""InfoVAE with the maximum mean discrepancy, also called MMD-VAE (Zhao, Song and Ermon, 2019)."""

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
from quintet.models.recipe import LossOutput, OptimizerGroup, Recipe, Stage, StepContext
from quintet.models.variant import Variant
from quintet.networks import Network
from quintet.noise import Noise


@dataclass(frozen=True)
class Info(Variant):
    """VAE in which an MMD between the aggregate posterior and the prior replaces part of the rate.

    The loss is distortion + (1 - α) · rate + (α + λ - 1) · MMD(q(z), p(z)): the mutual information of x and z has
    weight 1 - α, and the MMD matches q(z) to the prior.

    Parameters
    ----------
    alpha : share of the rate that is dropped, 0..1; 1 is the MMD-VAE.
    lambda_ : weight λ of the MMD, in nats a row; the MMD counts alpha + lambda_ - 1 times.
    kernel : "imq" (inverse multiquadratic, heavy tails) or "rbf" (Gaussian).
    """

    summary: ClassVar[str] = (
        "VAE with part of the rate replaced by an MMD to the prior: latents with more information on the row"
    )

    alpha: float = 0.5
    lambda_: float = 300.0
    kernel: str = "imq"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.alpha <= 1:
            raise InputError(f"alpha must be in 0..1 (0: the whole rate, 1: none), got {self.alpha}.")
        if not self.alpha + self.lambda_ >= 1:
            raise InputError(
                f"lambda_ must be at least 1 - alpha = {1 - self.alpha:g}, so that the MMD's weight is not negative, "
                f"got {self.lambda_}."
            )
        if self.kernel not in KERNELS:
            raise InputError(f"kernel={self.kernel!r} is not known: {nearest(str(self.kernel), KERNELS)}.")

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A flat model trained on part of the ELBO and the MMD, then the partial encoder."""
        model = Flat(schema, latent_dim, network, self.likelihood_of(schema))
        bound, weight = ELBO(1 - self.alpha), self.alpha + self.lambda_ - 1

        def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
            draw = model.draw(batch.x, batch.observed, noise, batch.condition)
            terms = bound(batch.x, batch.observed, draw, context)
            prior = model.sample_prior(len(batch), noise, batch.condition)[0]
            gap = mmd(context.share.whole(draw.layers[0].z[0]), context.share.whole(prior), self.kernel)
            whole = terms.loss + weight * context.rate_weight * gap
            return LossOutput(whole, terms.distortion, terms.rate, {"discrepancy": gap.expand(len(batch))})

        partial_encoder, last = guide_stage(model)
        return Recipe(model, (Stage("joint", (OptimizerGroup("model", (model,), loss),), 0.8), last), partial_encoder)
