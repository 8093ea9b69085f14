"""The total correlation told by a critic, a second group: FactorVAE."""

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
class Correlated:
    """distortion + rate + γ · TC(z), the total correlation by a critic's word.

    Kim and Mnih, "Disentangling by factorising", 2018. The critic tells codes z ~ q(z) from codes whose latents were
    shuffled over the batch one by one, which is a draw from Π_j q(z_j). Where it does so as well as can be, its logit
    D(z) is log q(z) - Σ_j log q(z_j), whose mean over q is the total correlation.

    Parameters
    ----------
    model : its posterior is over one layer of latents.
    gamma : weight of the total correlation beside the bound.
    width : of the critic's three hidden layers.
    """

    model: Model
    gamma: float
    width: int

    def stage(self, share: float = 0.8) -> Stage:
        """The model and its critic take turns on the same rows."""
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
                apart = shuffled(z, noise)
            wrong = softplus(-critic(z).float()) + softplus(critic(apart).float())
            return LossOutput(0.5 * wrong.squeeze(1))

        return Stage(
            "joint",
            (OptimizerGroup("model", (self.model,), pressed), OptimizerGroup("critic", (critic,), telling)),
            share,
        )


def shuffled(z: Tensor, noise: Noise) -> Tensor:
    """Each column of (batch, latent_dim) in an order of its own: the latents keep their spreads and lose their ties."""
    return z.gather(0, noise.uniform(*z.shape)[0].argsort(dim=0, stable=True))
