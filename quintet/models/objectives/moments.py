"""ELBO plus a penalty on the covariance of the codes (DIP-VAE)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.models.base import ModelOutput
from quintet.models.objectives.elbo import ELBO
from quintet.models.recipe import LossOutput, StepContext

KINDS = ("I", "II")


@dataclass(frozen=True)
class Moments:
    """distortion + rate + λ_od Σ_{i≠j} C_ij² + λ_d Σ_i (C_ii - 1)², with C a covariance over the batch.

    Kumar, Sattigeri and Balakrishnan, "Variational inference of disentangled latent concepts from unlabeled
    observations", 2018. Kind "I": C is the covariance of the posterior means; "II": of the latents, which adds the mean
    posterior variances.
    """

    kind: str = "II"
    off_diagonal: float = 10.0
    diagonal: float = 10.0

    def __call__(
        self, x: Tensor, observed: Tensor, draw: ModelOutput, context: StepContext | None = None
    ) -> LossOutput:
        """Loss and terms of each row, averaged over the draws; all rows have the batch's unweighted penalties."""
        context = context or StepContext()
        bound = ELBO()(x, observed, draw, context)
        (layer,) = draw.layers
        matrix = covariance(context.share.whole(layer.posterior.mean[0]))
        if self.kind == "II":
            matrix = matrix + context.share.mean(layer.posterior.variance[0]).diag()
        off = (matrix - matrix.diag().diag()).square().sum()
        on = (matrix.diag() - 1).square().sum()
        loss = bound.loss + context.rate_weight * (self.off_diagonal * off + self.diagonal * on)
        parts = {"off_diagonal": off.expand(len(x)), "diagonal": on.expand(len(x))}
        return LossOutput(loss, bound.distortion, bound.rate, {**bound.penalties, **parts})


def covariance(codes: Tensor) -> Tensor:
    """(batch, latent_dim) -> (latent_dim, latent_dim), divided by batch - 1; zeros for a single row."""
    with torch.autocast(codes.device.type, enabled=False):
        centred = codes - codes.mean(0)
        return centred.T @ centred / max(len(codes) - 1, 1)
