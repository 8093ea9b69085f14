"""ELBO with its rate decomposed and the total correlation weighted separately (β-TCVAE)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.distributions import Distribution, Normal
from quintet.models.base import ModelOutput
from quintet.models.objectives.elbo import ELBO
from quintet.models.recipe import LossOutput, StepContext
from quintet.row_share import ALL_ROWS, RowShare

ESTIMATORS = ("stratified", "weighted")


@dataclass(frozen=True)
class TotalCorrelation:
    """distortion + α · I(x; z) + β · TC(z) + γ · Σ_j KL(q(z_j) ‖ p(z_j)), the negative ELBO at α = β = γ = 1.

    Chen et al., "Isolating sources of disentanglement in variational autoencoders", 2018. q(z) is the aggregate
    posterior, and TC(z) = KL(q(z) ‖ Π_j q(z_j)) is estimated within the batch (``aggregate``). The three terms add up
    to log q(z|x) - log p(z), so the rate keeps its closed form with weight γ, and only (β - γ) TC and (α - γ) I are
    estimated.
    """

    alpha: float = 1.0
    beta: float = 6.0
    gamma: float = 1.0
    estimator: str = "stratified"

    def __call__(
        self, x: Tensor, observed: Tensor, draw: ModelOutput, context: StepContext | None = None
    ) -> LossOutput:
        """Loss and terms of each row, averaged over the draws; the penalties include both estimates, unweighted."""
        context = context or StepContext()
        bound = ELBO(self.gamma)(x, observed, draw, context)
        (layer,) = draw.layers
        joint, product = aggregate(layer.z, layer.posterior, context.rows, self.estimator, context.share)
        total, information = (joint - product).mean(0), -joint.mean(0)
        information = information + layer.posterior.log_prob(layer.z).sum(-1).mean(0)
        extra = (self.beta - self.gamma) * total + (self.alpha - self.gamma) * information
        parts = {"total_correlation": total, "mutual_information": information}
        loss = torch.add(bound.loss, extra, alpha=context.rate_weight)
        return LossOutput(loss, bound.distortion, bound.rate, {**bound.penalties, **parts})


def aggregate(
    z: Tensor, posterior: Distribution, rows: int, estimator: str = "stratified", share: RowShare = ALL_ROWS
) -> tuple[Tensor, Tensor]:
    """log q(z) and Σ_j log q(z_j) in nats, for the aggregate posterior q(z) = mean of q(z|x) over all training rows.

    Parameters
    ----------
    z : (draws, batch, latent_dim), each drawn from its own row's posterior.
    posterior : over (1, batch, latent_dim).
    rows : number N of training rows; the batch is a subset without repeats; raised to the size of the batch.
    estimator : "stratified": a row's own posterior has weight 1/N, the M - 1 others (N - 1)/N together, which makes
        q(z) unbiased: the paper's minibatch stratified sampling, averaged over the choice of the row that stands for
        the rest. "weighted": each has weight 1/(N M), biased low by about log M.
    share : the rows of the batch that z and the posterior are of; the aggregate is that of the batch.

    Returns
    -------
    (draws, batch) each.
    """
    posterior = _of_all_rows(posterior, share)
    batch = posterior.mean.shape[1]
    total = max(rows, batch)
    pairs = posterior.log_prob(z.flatten(0, 1).unsqueeze(1))  # (draws * batch, batch, latent_dim): each z, each row
    if estimator == "weighted":
        weight = z.new_full((batch, batch), -math.log(total * batch))
    else:
        weight = z.new_full((batch, batch), math.log((total - 1) / (total * max(batch - 1, 1))) if total > 1 else 0.0)
        weight.fill_diagonal_(-math.log(total))
    weight = share.own(weight).repeat(len(z), 1)
    joint = (pairs.sum(-1) + weight).logsumexp(1)
    product = (pairs + weight.unsqueeze(-1)).logsumexp(1).sum(-1)
    return joint.view(z.shape[:2]), product.view(z.shape[:2])


def _of_all_rows(posterior: Distribution, share: RowShare) -> Distribution:
    """The posterior of all rows of the batch, from those of the processes' shares."""
    if share.is_whole:
        return posterior
    if not isinstance(posterior, Normal):
        raise TypeError(f"an aggregate over several processes is written for a normal posterior, not {type(posterior)}")
    loc, scale = (share.whole(t[0])[None] for t in (posterior.loc, posterior.scale.expand_as(posterior.loc)))
    return Normal(loc, scale)
