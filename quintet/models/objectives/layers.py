"""The bound of a model with layers, with what keeps every layer in use while it is learnt."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.models.base import ModelOutput
from quintet.models.objectives.elbo import distortion_of, rate_of
from quintet.models.recipe import LossOutput, StepContext


@dataclass(frozen=True)
class LayeredELBO:
    """distortion + Σₗ γₗ max(KLₗ, λ): the negative bound at γ = 1 and λ = 0.

    Parameters
    ----------
    balance : share of the stage over which γ goes from Vahdat and Kautz's balance to 1. There γₗ is the layer's share
        of the batch's rate, times its share of the latents, with mean 1: a layer that says little is charged little
        ("NVAE", 2020, appendix A).
    free_bits : λ, nats that a layer may carry at no cost, by the batch's mean (Kingma et al., 2016).
    """

    balance: float = 0.0
    free_bits: float = 0.0

    def __call__(
        self, x: Tensor, observed: Tensor, draw: ModelOutput, context: StepContext | None = None
    ) -> LossOutput:
        """Terms of each row, averaged over the draws; ``rate`` holds all layers side by side, before any weight."""
        context = context or StepContext()
        distortion = distortion_of(x, observed, draw)
        rates = [rate_of(layer) for layer in draw.layers]
        weights = self._weights(rates, context.t)
        charged = torch.zeros_like(distortion)
        for rate, weight in zip(rates, weights, strict=True):
            charged = charged + weight * self._charged(rate, context.free_bits)
        return LossOutput(distortion + context.rate_weight * charged, distortion, torch.cat(rates, -1), draw.penalties)

    def _weights(self, rates: list[Tensor], t: float) -> Tensor:
        """γ of each layer."""
        says = torch.stack([rate.detach().sum(-1).mean() * rate.shape[-1] for rate in rates])
        if t >= self.balance:
            return torch.ones_like(says)
        says = says + 1e-3 * says.mean() + 1e-9
        even = t / self.balance
        return even + (1 - even) * says / says.mean()

    def _charged(self, rate: Tensor, per_latent: float) -> Tensor:
        """What a layer pays, (batch,)."""
        if per_latent:
            rate = torch.where(rate.detach().mean(0) > per_latent, rate, per_latent)
        whole = rate.sum(-1)
        if self.free_bits and float(whole.detach().mean()) < self.free_bits:
            return torch.full_like(whole, self.free_bits)
        return whole
