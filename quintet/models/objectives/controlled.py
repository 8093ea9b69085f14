"""ELBO whose rate is held at a set point by a PI controller of β (ControlVAE)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from quintet.models.base import ModelOutput
from quintet.models.objectives.elbo import ELBO
from quintet.models.recipe import LossOutput, StepContext

LEAST, MOST = 1e-3, 1e3
"""Bounds of β."""
PACE = 20.0
"""Smallest change of log β over a stage of any length under a constant relative error of 1."""


class Controlled(nn.Module):
    """distortion + β · rate, with β controlled so that the mean rate of a row reaches a set point.

    A PI controller reads the relative error e = rate / set point - 1 of each batch, clipped to ±1, and sets

        log β = proportional · e + Σ integral · e,

    where the sum stops while β is at a bound and e would drive it further. Shao et al., "ControlVAE: controllable
    variational autoencoder", 2020, control β itself by the error in nats; with the logarithm and the relative error,
    one pair of gains serves set points from 2 to 200 nats. The controller's state is in buffers; it changes in training
    only, scaled by the KL warm-up.

    Parameters
    ----------
    target : final set point, in nats a row.
    rise : share of the stage over which the set point rises from 0 to ``target``; 0: it is constant.
    levels : number of equal steps of the rise; 0: linear.
    proportional, integral : gains of the controller.
    """

    total: Tensor
    beta: Tensor

    def __init__(
        self, target: float, rise: float = 0.0, levels: int = 0, proportional: float = 3.0, integral: float = 0.01
    ) -> None:
        super().__init__()
        self.target, self.rise, self.levels = target, rise, levels
        self.proportional, self.integral = proportional, integral
        self.register_buffer("total", torch.zeros((), dtype=torch.float32))
        self.register_buffer("beta", torch.ones((), dtype=torch.float32))

    def set_point(self, t: float) -> float:
        """Set point in nats a row at the share ``t`` of the stage; above 0, so that the relative error is defined."""
        done = 1.0 if t >= self.rise else t / self.rise
        if self.levels:
            done = min(1.0, math.floor(done * self.levels + 1) / self.levels)
        return self.target * max(done, 0.02)

    def forward(self, x: Tensor, observed: Tensor, draw: ModelOutput, context: StepContext | None = None) -> LossOutput:
        """Loss of each row, with β updated from the batch's own rate in training."""
        context = context or StepContext()
        terms = ELBO(beta=0.0)(x, observed, draw, context)
        assert terms.rate is not None
        rate = terms.rate.sum(-1)
        if self.training:
            self._steer(context.share.mean(rate.detach()), context)
        paid = torch.where(self._paying(terms.rate, context), terms.rate, context.free_bits).sum(-1)
        return LossOutput(
            terms.loss + self.beta * context.rate_weight * paid, terms.distortion, terms.rate, draw.penalties
        )

    @torch.no_grad()
    def _steer(self, rate: Tensor, context: StepContext) -> None:
        error = (rate / self.set_point(context.t) - 1).clamp(-1, 1).to(self.total)
        step = max(self.integral, PACE / context.total_steps) * context.rate_weight * error
        wish = self.proportional * error + self.total
        stuck = ((wish >= math.log(MOST)) & (error > 0)) | ((wish <= math.log(LEAST)) & (error < 0))
        self.total += torch.where(stuck, 0.0, step)
        self.beta.copy_((self.proportional * error + self.total).exp().clamp(LEAST, MOST))

    @staticmethod
    def _paying(rate: Tensor, context: StepContext) -> Tensor:
        mean = context.share.mean(rate.detach())
        return mean > context.free_bits if context.free_bits else torch.ones_like(mean, dtype=torch.bool)
