"""ELBO of a model with several layers, with KL balancing and free bits for each layer."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.models.base import ModelOutput
from quintet.models.objectives.elbo import distortion_of, rate_of
from quintet.models.recipe import LossOutput, StepContext


@dataclass(frozen=True)
class LayeredELBO:
    """distortion + Σₗ γₗ max(KLₗ, λ): the negative ELBO at γ = 1 and λ = 0.

    Parameters
    ----------
    balance : share of the stage over which γ goes from KL balancing to 1. KL balancing sets γₗ proportional to the
        layer's mean rate times its number of latents, with mean 1, so that a layer with a small rate is charged little
        (Vahdat and Kautz, "NVAE", 2020, appendix A).
    free_bits : λ, nats of each layer that are not charged, by the batch's mean (Kingma et al., 2016).
    """

    balance: float = 0.0
    free_bits: float = 0.0

    def __call__(
        self, x: Tensor, observed: Tensor, draw: ModelOutput, context: StepContext | None = None
    ) -> LossOutput:
        """Loss and terms of each row, averaged over the draws; ``rate`` concatenates all layers, unweighted."""
        context = context or StepContext()
        distortion = distortion_of(x, observed, draw)
        rates = [rate_of(layer) for layer in draw.layers]
        weights = self._weights(rates, context)
        charged = torch.zeros_like(distortion)
        for rate, weight in zip(rates, weights, strict=True):
            charged = charged + weight * self._charged(rate, context)
        return LossOutput(distortion + context.rate_weight * charged, distortion, torch.cat(rates, -1), draw.penalties)

    def _weights(self, rates: list[Tensor], context: StepContext) -> Tensor:
        """γ of each layer."""
        means = [context.share.mean(rate.detach().sum(-1)) for rate in rates]
        rates_of_layers = torch.stack([mean * rate.shape[-1] for mean, rate in zip(means, rates, strict=True)])
        if context.t >= self.balance:
            return torch.ones_like(rates_of_layers)
        rates_of_layers = rates_of_layers + 1e-3 * rates_of_layers.mean() + 1e-9
        even = context.t / self.balance
        return even + (1 - even) * rates_of_layers / rates_of_layers.mean()

    def _charged(self, rate: Tensor, context: StepContext) -> Tensor:
        """Charged rate of a layer, (batch,)."""
        if context.free_bits:
            rate = torch.where(context.share.mean(rate.detach()) > context.free_bits, rate, context.free_bits)
        whole = rate.sum(-1)
        if self.free_bits and float(context.share.mean(whole.detach())) < self.free_bits:
            return torch.full_like(whole, self.free_bits)
        return whole
