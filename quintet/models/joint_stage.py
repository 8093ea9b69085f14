"""Joint training stage of most variants: one objective for the whole model."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from quintet.data.dataset import Batch
from quintet.models.base import Model, ModelOutput
from quintet.models.recipe import LossOutput, OptimizerGroup, Stage, StepContext
from quintet.noise import Noise

Objective = Callable[[Tensor, Tensor, ModelOutput, StepContext], LossOutput]
Loss = Callable[[Batch, Noise, StepContext], LossOutput]


def joint_stage(model: Model, objective: Objective, share: float = 0.8, draws: int = 1) -> Stage:
    """Train all parameters of ``model`` on ``objective``, with ``draws`` draws from the posterior."""
    return Stage("joint", (OptimizerGroup("model", (model,), loss_of(model, objective, draws)),), share)


def loss_of(model: Model, objective: Objective, draws: int = 1) -> Loss:
    """Loss of an optimiser group: ``objective`` with ``draws`` draws from the posterior of a batch."""

    def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
        draw = model.draw(batch.x, batch.observed, noise if draws == 1 else noise.with_draws(draws), batch.condition)
        return objective(batch.x, batch.observed, draw, context)

    return loss
