"""Training recipe that a variant builds: a model and its training stages in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from quintet.data.dataset import Batch
from quintet.models.base import Model
from quintet.models.partial_encoder import PartialEncoder
from quintet.noise import Noise
from quintet.row_share import ALL_ROWS, RowShare


@dataclass(frozen=True)
class StepContext:
    """Progress of training within its stage, and the schedule that the objective applies at this step."""

    step: int = 0
    total_steps: int = 1
    epoch: int = 0
    rate_weight: float = 1.0  # KL warm-up: rises from 0 to 1
    free_bits: float = 0.0  # nats of each latent that the objective does not charge
    rows: int = 0  # number of training rows, for objectives that estimate sums over all of them; 0: unknown
    share: RowShare = ALL_ROWS  # the rows of the batch that this process computes, for what depends on the others

    @property
    def t(self) -> float:
        """Completed share of the stage, 0..1."""
        return min(1.0, self.step / max(1, self.total_steps))


@dataclass(frozen=True)
class LossOutput:
    """Loss of each row in nats; ``loss`` is minimised, the other fields are its terms before weighting."""

    loss: Tensor  # (batch,)
    distortion: Tensor | None = None  # (batch,): -log p(x|z) of the observed cells
    rate: Tensor | None = None  # (batch, latent_dim): KL of each latent, all layers side by side
    penalties: Mapping[str, Tensor] = field(default_factory=dict)  # (batch,) each


@dataclass(frozen=True)
class OptimizerGroup:
    """Modules and the loss that their parameters minimise."""

    name: str
    modules: tuple[nn.Module, ...]
    loss: Callable[[Batch, Noise, StepContext], LossOutput]


@dataclass(frozen=True)
class Stage:
    """Optimiser groups that take turns (one; two with an adversary) for a share of the budget; the rest is frozen.

    ``check`` reads the stage's history when the stage ends. It returns a sentence with the cure if training failed in a
    way that the loss does not show, and None otherwise. ``most_epochs`` limits the passes over the rows, beyond which a
    stage would learn them by heart. ``start`` sets weights from up to ``start_rows`` training rows before the first
    step. ``batch_rows`` are the rows of a step; None: those of the plan.
    """

    name: str
    groups: tuple[OptimizerGroup, ...]
    share: float = 1.0
    check: Callable[[Sequence[Mapping[str, Any]]], str | None] | None = None
    most_epochs: int | None = None
    start: Callable[[Batch], None] | None = None
    batch_rows: int | None = None
    start_rows: int = 4_096


@dataclass(frozen=True)
class Recipe:
    """A model, its training stages, and the partial encoder (``guide``) for partly observed and corrupted rows."""

    model: Model
    stages: tuple[Stage, ...]
    guide: PartialEncoder | None = None

    def without_partial_encoder(self) -> Recipe:
        """The same without the partial encoder and its stage."""
        return Recipe(self.model, tuple(stage for stage in self.stages if stage.name != "guide"))
