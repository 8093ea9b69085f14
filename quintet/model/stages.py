"""The stage that most variants share: the bound of one joint model."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from quintet.data.rows import Batch
from quintet.model.base import Draw, Model
from quintet.model.recipe import Moment, Player, Stage, Terms
from quintet.noise import Noise

Objective = Callable[[Tensor, Tensor, Draw, Moment], Terms]


def joint_stage(model: Model, objective: Objective, share: float = 0.8) -> Stage:
    """Train all of ``model`` on ``objective`` of a draw from its posterior."""

    def loss(batch: Batch, noise: Noise, moment: Moment) -> Terms:
        draw = model.draw(batch.x, batch.observed, noise, batch.condition)
        return objective(batch.x, batch.observed, draw, moment)

    return Stage("joint", (Player("model", (model,), loss),), share)
