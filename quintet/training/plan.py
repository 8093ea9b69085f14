"""How much of the epochs and of the minutes each stage gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quintet.model.recipe import Stage
from quintet.training.options import EPOCHS, Training


@dataclass(frozen=True)
class Budget:
    """What a stage may use: epochs (None: as many as the clock allows) and the second of the run at which it ends."""

    epochs: int | None
    deadline: float

    def steps(self, per_epoch: int) -> int | None:
        """Steps of the stage; None where the clock decides."""
        return None if self.epochs is None else self.epochs * per_epoch


def budgets(training: Training, stages: Sequence[Stage]) -> list[Budget]:
    """Budgets by the stages' shares; every stage gets an epoch at least, and the time that those before it left."""
    whole = sum(stage.share for stage in stages)
    shares = [stage.share / whole for stage in stages]
    epochs: list[int] | list[None] = _parts(training.epochs or EPOCHS, shares)
    if training.by_clock:
        epochs = [None] * len(stages)
    seconds = float("inf") if training.max_minutes is None else 60 * training.max_minutes
    ends = [seconds * sum(shares[: number + 1]) for number in range(len(stages))]
    return [Budget(count, end) for count, end in zip(epochs, ends, strict=True)]


def _parts(total: int, shares: Sequence[float]) -> list[int]:
    """Whole numbers, as near to the shares of ``total`` as at least 1 each allows (largest remainders)."""
    ideal = [total * share for share in shares]
    parts = [max(1, int(i)) for i in ideal]
    by_rest = sorted(range(len(ideal)), key=lambda i: int(ideal[i]) - ideal[i])
    for number in by_rest[: max(0, total - sum(parts))]:
        parts[number] += 1
    return parts
