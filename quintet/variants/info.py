"""The InfoVAE with the maximum mean discrepancy, also called MMD-VAE (Zhao, Song and Ermon, 2019)."""

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
    """Part of the rate of single rows is given up for a discrepancy that only the aggregate posterior pays.

    distortion + (1 - α) · rate + (α + λ - 1) · MMD(q(z), p(z)): what z says about x costs 1 - α of what it costs the
    VAE, and q(z) is held to the prior by the discrepancy.

    Parameters
    ----------
    alpha : 0 keeps the whole rate, 1 drops it (the MMD-VAE).
    lambda_ : nats that a discrepancy of 1 costs each row, up to alpha - 1.
    kernel : "imq" (inverse multiquadratic, heavy tails) or "rbf" (Gaussian).
    """

    summary: ClassVar[str] = "part of the rate traded for a discrepancy of the whole: latents that say more of the row"

    alpha: float = 0.5
    lambda_: float = 300.0
    kernel: str = "imq"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.alpha <= 1:
            raise InputError(f"alpha={self.alpha} came; allowed is 0 (the whole rate) to 1 (none of it).")
        if not self.alpha + self.lambda_ >= 1:
            raise InputError(
                f"lambda_={self.lambda_} came; the discrepancy's weight alpha + lambda_ - 1 must be at least 0: "
                f"give at least {1 - self.alpha:g}."
            )
        if self.kernel not in KERNELS:
            raise InputError(f"kernel={self.kernel!r} is not known: {nearest(str(self.kernel), KERNELS)}.")

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A flat model trained on part of the bound and the discrepancy, then its guide."""
        model = Flat(schema, latent_dim, network, self.likelihood_of(schema))
        bound, weight = ELBO(1 - self.alpha), self.alpha + self.lambda_ - 1

        def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
            draw = model.draw(batch.x, batch.observed, noise, batch.condition)
            terms = bound(batch.x, batch.observed, draw, context)
            gap = mmd(draw.layers[0].z[0], model.sample_prior(len(batch), noise, batch.condition)[0], self.kernel)
            whole = terms.loss + weight * context.rate_weight * gap
            return LossOutput(whole, terms.distortion, terms.rate, {"discrepancy": gap.expand(len(batch))})

        guide, guiding = guide_stage(model)
        return Recipe(model, (Stage("joint", (OptimizerGroup("model", (model,), loss),), 0.8), guiding), guide)
