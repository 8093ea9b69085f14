"""Budget of each stage: its share of the epochs and of the wall-clock time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quintet.models.recipe import Stage
from quintet.training.options import EPOCHS, Training

SURE = 2.0
"""Seconds of a stage (or a fiftieth of its time, if that is less) before its speed is estimated."""


@dataclass(frozen=True)
class Budget:
    """Epochs of a stage, and the second of the run at which it must end."""

    epochs: int
    deadline: float

    def steps(self, done: int, per_epoch: int, paced_from: tuple[int, float], now: float) -> int:
        """Total number of steps of the stage: those of its epochs, or as many as the deadline allows.

        A deadline that the epochs do not reach has no effect, so that such runs are reproducible bit for bit.

        Parameters
        ----------
        done : steps done.
        per_epoch : steps of an epoch.
        paced_from : steps done and second of the run from which the speed is estimated.
        now : current second of the run.
        """
        total = self.epochs * per_epoch
        first, began = paced_from
        spent, length = now - began, self.deadline - began
        if length == float("inf") or spent < min(SURE, length / 50) or done <= first:
            return total
        allowed = first + round((done - first) * length / max(spent, 1e-9))
        return min(total, max(done + 1, allowed))

    def is_used_up(self, epoch: int, best_epoch: int, patience: int, now: float) -> bool:
        """Whether the stage has used up its epochs, its time or its patience; it has at least one epoch."""
        if not epoch:
            return False
        out_of_patience = bool(patience) and epoch - best_epoch >= patience
        return out_of_patience or now >= self.deadline or epoch >= self.epochs


def budgets(training: Training, stages: Sequence[Stage], begun: float = 0.0, reserve: float = 0.0) -> list[Budget]:
    """Budgets by the stages' shares; each stage gets at least one step, and the time that earlier stages left.

    Parameters
    ----------
    begun : seconds of the limit that passed before the first stage.
    reserve : share of the limit, 0..1, reserved for the work after the last stage.
    """
    whole = sum(stage.share for stage in stages)
    shares = [stage.share / whole for stage in stages]
    parts = _parts(training.epochs or EPOCHS, shares)
    epochs = [min(count, stage.most_epochs or count) for count, stage in zip(parts, stages, strict=True)]
    seconds = float("inf") if training.max_minutes is None else 60 * training.max_minutes * (1 - reserve)
    left = max(0.0, seconds - begun)
    ends = [begun + left * sum(shares[: number + 1]) for number in range(len(stages))]
    return [Budget(count, end) for count, end in zip(epochs, ends, strict=True)]


def _parts(total: int, shares: Sequence[float]) -> list[int]:
    """Whole numbers of at least 1 in proportion to ``shares``, which sum to ``total`` if possible (largest
    remainders)."""
    ideal = [total * share for share in shares]
    parts = [max(1, int(i)) for i in ideal]
    by_rest = sorted(range(len(ideal)), key=lambda i: int(ideal[i]) - ideal[i])
    for number in by_rest[: max(0, total - sum(parts))]:
        parts[number] += 1
    return parts
