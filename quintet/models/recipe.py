"""What a variant builds: a model and the stages of its training, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from quintet.data.dataset import Batch
from quintet.models.base import Model
from quintet.models.partial_encoder import PartialEncoder
from quintet.noise import Noise


@dataclass(frozen=True)
class StepContext:
    """Where training stands in its stage, and what the training plan asks of the objective there."""

    step: int = 0
    total_steps: int = 1
    epoch: int = 0
    rate_weight: float = 1.0  # KL warm-up: 0 at the start, 1 from its end on
    free_bits: float = 0.0  # nats that each latent may carry at no cost
    rows: int = 0  # that train, for objectives that weigh a batch against all of them; 0 where nobody says

    @property
    def t(self) -> float:
        """Share of the stage that is done, 0..1."""
        return min(1.0, self.step / max(1, self.total_steps))


@dataclass(frozen=True)
class LossOutput:
    """Figures of each row in nats; ``loss`` is what is minimised, the others are its parts before any weight."""

    loss: Tensor  # (batch,)
    distortion: Tensor | None = None  # (batch,): -log p(x|z) of the observed cells
    rate: Tensor | None = None  # (batch, latent_dim): KL of each latent, all layers side by side
    penalties: Mapping[str, Tensor] = field(default_factory=dict)  # (batch,) each


@dataclass(frozen=True)
class OptimizerGroup:
    """Some parameters and what they minimise."""

    name: str
    modules: tuple[nn.Module, ...]
    loss: Callable[[Batch, Noise, StepContext], LossOutput]


@dataclass(frozen=True)
class Stage:
    """Players that take turns (one; two for an adversary) for a share of the budget; all else is frozen.

    ``check`` reads the stage's rows of the history at its end, and gives a sentence with the cure where the training
    went astray in a way that its loss alone does not tell.
    """

    name: str
    groups: tuple[OptimizerGroup, ...]
    share: float = 1.0
    check: Callable[[Sequence[Mapping[str, Any]]], str | None] | None = None


@dataclass(frozen=True)
class Recipe:
    """A model, the guide that answers for partly observed and corrupted rows, and how both are trained."""

    model: Model
    stages: tuple[Stage, ...]
    guide: PartialEncoder | None = None
