"""Evidence lower bound, and its distortion and rate, in nats per row."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.data.full_mask import is_full
from quintet.distributions import Distribution
from quintet.models.base import Layer, ModelOutput
from quintet.models.recipe import LossOutput, StepContext


@dataclass(frozen=True)
class ELBO:
    """distortion + β · rate: the negative evidence lower bound at β = 1.

    Kingma and Welling, "Auto-encoding variational Bayes", 2014; β: Higgins et al., 2017. With ``capacity`` C the second
    term is β |rate - C|, and C rises from 0 over the share ``ramp`` of the stage (Burgess et al., 2018). Free bits:
    each latent's mean rate counts as at least λ nats (Kingma et al., 2016).
    """

    beta: float = 1.0
    capacity: float | None = None
    ramp: float = 1.0

    def __call__(
        self, x: Tensor, observed: Tensor, draw: ModelOutput, context: StepContext | None = None
    ) -> LossOutput:
        """Loss and terms of each row, averaged over the draws."""
        context = context or StepContext()
        distortion = distortion_of(x, observed, draw)
        rates = [rate_of(layer) for layer in draw.layers]
        rate = rates[0] if len(rates) == 1 else torch.cat(rates, dim=-1)
        charged = _charged(rate, context)
        if self.capacity is not None:
            charged = (charged - self.capacity * min(1.0, context.t / self.ramp)).abs()
        loss = torch.add(distortion, charged, alpha=self.beta * context.rate_weight)
        for penalty in draw.penalties.values():
            loss = loss + penalty
        return LossOutput(loss, distortion, rate, draw.penalties)


def distortion_of(x: Tensor, observed: Tensor, draw: ModelOutput) -> Tensor:
    """-log p(observed x | z) in nats, mean over the draws, (batch,)."""
    return -_over_draws(observed_log_prob(draw.likelihood, x, observed))


def rate_of(layer: Layer) -> Tensor:
    """KL(q(z|x) ‖ p(z)) of each latent in nats, (batch, latent_dim): in closed form or by Monte Carlo over the
    draws."""
    exact = layer.posterior.kl_to(layer.prior)
    if exact is None:
        exact = layer.posterior.log_prob(layer.z) - layer.prior.log_prob(layer.z)
    return _over_draws(exact)


def observed_log_prob(likelihood: Distribution, x: Tensor, observed: Tensor) -> Tensor:
    """log p(observed cells) in nats, (draws, batch), under a distribution over (draws, batch, *row).

    Cells that are not observed are not read.
    """
    return masked_sum(likelihood.terms(x, observed), observed)


def masked_sum(log_prob: Tensor, observed: Tensor) -> Tensor:
    """Sum over the observed cells, (draws, batch, *row) -> (draws, batch)."""
    if not is_full(observed):
        log_prob = torch.where(observed, log_prob, 0.0)
    return log_prob.flatten(2).sum(-1)


def _over_draws(t: Tensor) -> Tensor:
    """Mean over the draws; a view for a single draw."""
    return t.squeeze(0) if len(t) == 1 else t.mean(0)


def _charged(rate: Tensor, context: StepContext) -> Tensor:
    """The rate after free bits, (batch,)."""
    if not context.free_bits:
        return rate.sum(-1)
    pays = context.share.mean(rate.detach()) > context.free_bits
    return torch.where(pays, rate, context.free_bits).sum(-1)
