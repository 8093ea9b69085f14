"""The stage that most variants share: the bound of one joint model."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from quintet.data.rows import Batch
from quintet.model.base import Draw, Model
from quintet.model.recipe import Moment, Player, Stage, Terms
from quintet.noise import Noise

Objective = Callable[[Tensor, Tensor, Draw, Moment], Terms]
Loss = Callable[[Batch, Noise, Moment], Terms]


def joint_stage(model: Model, objective: Objective, share: float = 0.8, draws: int = 1) -> Stage:
    """Train all of ``model`` on ``objective`` of ``draws`` draws from its posterior."""
    return Stage("joint", (Player("model", (model,), loss_of(model, objective, draws)),), share)


def loss_of(model: Model, objective: Objective, draws: int = 1) -> Loss:
    """What a player minimises: ``objective`` of ``draws`` draws from the posterior of a batch."""

    def loss(batch: Batch, noise: Noise, moment: Moment) -> Terms:
        draw = model.draw(batch.x, batch.observed, noise if draws == 1 else noise.taking(draws), batch.condition)
        return objective(batch.x, batch.observed, draw, moment)

    return loss
