"""A bound whose rate is held at a set point by a controller that steers its weight."""

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
"""A constant relative error of 1 moves log β by at least this much in a stage, however short it is."""


class Controlled(nn.Module):
    """distortion + β · rate, with β steered so that the rate of a row comes to a set point.

    A PI controller sees the relative error e = rate / set point - 1 of each batch, cut to ±1, and sets

        log β = proportional · e + Σ integral · e,

    a sum that rests while β is at a bound and e would drive it further. Shao et al., "ControlVAE: controllable
    variational autoencoder", 2020, steer β itself by the error in nats; the logarithm and the relative error make one
    pair of gains serve set points of 2 and of 200 nats. The controller's state is in buffers and moves in training
    only, and not before KL warm-up has let the rate in.

    Parameters
    ----------
    target : set point at the end, in nats a row.
    rise : share of the stage over which the set point climbs from 0 to ``target``; 0: it is there at once.
    levels : equal steps in which it climbs; 0: evenly.
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
        """Nats a row at the share ``t`` of the stage; never quite 0, so that the relative error exists."""
        done = 1.0 if t >= self.rise else t / self.rise
        if self.levels:
            done = min(1.0, math.floor(done * self.levels + 1) / self.levels)
        return self.target * max(done, 0.02)

    def forward(self, x: Tensor, observed: Tensor, draw: ModelOutput, context: StepContext | None = None) -> LossOutput:
        """Terms of each row under the weight that the batch's own rate asks for."""
        context = context or StepContext()
        terms = ELBO(beta=0.0)(x, observed, draw, context)
        assert terms.rate is not None
        rate = terms.rate.sum(-1)
        if self.training:
            self._steer(rate.detach().mean(), context)
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
        return (rate.detach().mean(0) > context.free_bits) | torch.tensor(context.free_bits == 0, device=rate.device)
