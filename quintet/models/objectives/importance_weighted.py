"""Importance-weighted bounds from several draws of z for each row (IWAE and relatives)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.distributions import Distribution, Normal
from quintet.models.base import ModelOutput
from quintet.models.objectives.elbo import observed_log_prob
from quintet.models.recipe import LossOutput, StepContext


@dataclass(frozen=True)
class ImportanceWeighted:
    """-log of the mean weight p(x, z) / q(z|x) over the draws: an upper bound on -log p(x), tighter with more draws.

    Burda, Grosse and Salakhutdinov, "Importance weighted autoencoders", 2016. ``groups`` > 1 averages the bounds of
    groups of draws (MIWAE); ``elbo_share`` s gives s · ELBO + (1 - s) · bound (CIWAE). Both loosen the bound and raise
    the signal-to-noise ratio of the encoder's gradient (Rainforth et al., "Tighter variational bounds are not
    necessarily better", 2018).
    """

    groups: int = 1
    elbo_share: float = 0.0

    def __call__(
        self, x: Tensor, observed: Tensor, draw: ModelOutput, context: StepContext | None = None
    ) -> LossOutput:
        """Loss and terms of each row; distortion and rate are means over the draws, as in the ELBO."""
        given, rates = _parts(x, observed, draw, [layer.posterior for layer in draw.layers])
        weights = _weights(given, rates, context or StepContext())
        bound = _log_mean(weights.reshape(self.groups, -1, len(x)), 1).mean(0)
        loss = -bound
        if self.elbo_share:
            loss = self.elbo_share * -weights.mean(0) - (1 - self.elbo_share) * bound
        return LossOutput(_with_penalties(loss, draw), -given.mean(0), rates.mean(0), draw.penalties)


@dataclass(frozen=True)
class DoublyReparameterised:
    """The same bound with the doubly reparameterised gradient of the encoder, Σ w² ∂/∂z log weight.

    The weights w sum to 1. The estimator is unbiased for the bound's gradient, and its signal-to-noise ratio does not
    fall with more draws; the decoder's gradient is unchanged. Tucker et al., "Doubly reparameterized gradient
    estimators for Monte Carlo objectives", 2019.
    """

    def __call__(
        self, x: Tensor, observed: Tensor, draw: ModelOutput, context: StepContext | None = None
    ) -> LossOutput:
        """Loss and terms of each row, as in ``ImportanceWeighted``."""
        given, rates = _parts(x, observed, draw, [_held(layer.posterior) for layer in draw.layers])
        weights = _weights(given, rates, context or StepContext())
        share = torch.softmax(weights.detach(), 0).unsqueeze(-1)
        for layer in draw.layers:
            if layer.z.requires_grad:  # the gradient of the bound has one factor w; this is the second
                layer.z.register_hook(lambda gradient: gradient * share)  # type: ignore[no-untyped-call]
        loss = -_log_mean(weights, 0)
        return LossOutput(_with_penalties(loss, draw), -given.mean(0), rates.mean(0), draw.penalties)


def _parts(x: Tensor, observed: Tensor, draw: ModelOutput, posteriors: list[Distribution]) -> tuple[Tensor, Tensor]:
    """log p(x|z), (draws, batch), and log q(z|x) - log p(z) of each latent, (draws, batch, latent_dim), in nats."""
    given = observed_log_prob(draw.likelihood, x, observed)
    pairs = zip(posteriors, draw.layers, strict=True)
    rates = [q.log_prob(layer.z) - layer.prior.log_prob(layer.z) for q, layer in pairs]
    return given, torch.cat(rates, dim=-1)


def _weights(given: Tensor, rates: Tensor, context: StepContext) -> Tensor:
    """Log importance weights in nats, (draws, batch); KL warm-up and free bits act on the rates."""
    if context.free_bits:
        pays = context.share.mean(rates.detach().mean(0)) > context.free_bits
        rates = torch.where(pays, rates, context.free_bits)
    return given - context.rate_weight * rates.sum(-1)


def _log_mean(weights: Tensor, dim: int) -> Tensor:
    return torch.logsumexp(weights, dim) - math.log(weights.shape[dim])


def _held(posterior: Distribution) -> Distribution:
    """The same density with detached parameters."""
    if not isinstance(posterior, Normal):
        raise TypeError(f"doubly reparameterised gradients are written for a normal posterior, not {type(posterior)}")
    return Normal(posterior.loc.detach(), posterior.scale.detach())


def _with_penalties(loss: Tensor, draw: ModelOutput) -> Tensor:
    for penalty in draw.penalties.values():
        loss = loss + penalty
    return loss
