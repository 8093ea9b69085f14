"""What the prediction of a step of a series reads: the visible cells around it, and what is known beside them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.networks.step_levels import Level

NEAR_HINTS = 3
"""Steps of the plain decoder's mean that are read: the step itself and its neighbours."""
FARTHEST = 30.0
"""Most scales between a level and the mean of training that a linear prediction reads."""


@dataclass(frozen=True)
class AboutSteps:
    """What a step's prediction reads beside the visible cells.

    Parameters
    ----------
    hint : (draws, batch, count, NEAR_HINTS, channels), the mean of the plain decoder given z; 0 without latents.
    weight : (draws, batch, 1, 1), 1 where z is known, else 0.
    others : (draws, batch, count, features), the condition and the place of the step.
    """

    hint: Tensor
    weight: Tensor
    others: Tensor


@dataclass(frozen=True)
class SeenSteps:
    """What is visible around some steps.

    Parameters
    ----------
    level : of the steps.
    away : (draws, batch, count, cells), visible cells of the windows and at whole periods less the level, in scales; 0
        where hidden.
    visible : like away, of 0 and 1.
    """

    level: Level
    away: Tensor
    visible: Tensor

    @property
    def linear_inputs(self) -> Tensor:
        """What linear predictions read: the visible cells, and the mean of training, less the level, in scales."""
        home = (-self.level.base / self.level.scale).clamp(-FARTHEST, FARTHEST)
        return torch.cat([self.away, home], -1)
