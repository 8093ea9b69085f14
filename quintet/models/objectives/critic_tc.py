"""ELBO plus a total correlation estimated by a critic (FactorVAE)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from quintet.data.dataset import Batch
from quintet.models.base import Model
from quintet.models.objectives.elbo import ELBO
from quintet.models.recipe import LossOutput, OptimizerGroup, Stage, StepContext
from quintet.networks import Mlp
from quintet.noise import Noise


@dataclass(frozen=True)
class CriticTotalCorrelation:
    """distortion + rate + γ · TC(z), with the total correlation from a critic's logit.

    Kim and Mnih, "Disentangling by factorising", 2018. The critic classifies codes z ~ q(z) against codes whose latents
    are permuted independently over the batch, which are draws from Π_j q(z_j). The optimal logit is
    log q(z) - Σ_j log q(z_j), whose mean over q(z) is the total correlation.

    Parameters
    ----------
    model : a model with one layer of latents.
    gamma : weight of the total correlation, added to the negative ELBO.
    width : width of the critic's three hidden layers.
    """

    model: Model
    gamma: float
    width: int

    def stage(self, share: float = 0.8) -> Stage:
        """The stage in which the model and the critic are updated in turn on the same rows."""
        critic = nn.Sequential(
            Mlp((self.width,) * 3, activation="relu").encoder((self.model.latent_dim,)), nn.Linear(self.width, 1)
        )
        bound = ELBO()

        def pressed(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
            draw = self.model.draw(batch.x, batch.observed, noise, batch.condition)
            terms = bound(batch.x, batch.observed, draw, context)
            total = critic(draw.layers[0].z[0]).squeeze(1).float()
            loss = torch.add(terms.loss, total, alpha=self.gamma * context.rate_weight)
            return LossOutput(loss, terms.distortion, terms.rate, {**terms.penalties, "total_correlation": total})

        def telling(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
            with torch.no_grad():
                z = self.model.posterior(batch.x, batch.observed, batch.condition).sample(noise)[0]
                apart = context.share.own(shuffled(context.share.whole(z), noise.whole))
            wrong = softplus(-critic(z).float()) + softplus(critic(apart).float())
            return LossOutput(0.5 * wrong.squeeze(1))

        return Stage(
            "joint",
            (OptimizerGroup("model", (self.model,), pressed), OptimizerGroup("critic", (critic,), telling)),
            share,
        )


def shuffled(z: Tensor, noise: Noise) -> Tensor:
    """Permute each column of (batch, latent_dim) independently, which keeps marginals and removes dependence."""
    return z.gather(0, noise.uniform(*z.shape)[0].argsort(dim=0, stable=True))
