"""How much of the epochs and of the minutes each stage gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quintet.models.recipe import Stage
from quintet.training.options import EPOCHS, Training

SURE = 2.0
"""Seconds, or a fiftieth of a stage's time where that is less, before its pace is judged."""


@dataclass(frozen=True)
class Budget:
    """What a stage may use: epochs, and the second of the run at which it ends."""

    epochs: int
    deadline: float

    def steps(self, done: int, per_epoch: int, paced_from: tuple[int, float], now: float) -> int:
        """Steps that the stage will have had at its end: those of its epochs, or as many as the clock allows.

        A limit that is far off changes nothing, so that the run repeats bit for bit.

        Parameters
        ----------
        done : steps done.
        per_epoch : steps of an epoch.
        paced_from : steps done and the second of the run, from which on the pace is judged.
        now : the second of the run.
        """
        total = self.epochs * per_epoch
        first, began = paced_from
        spent, length = now - began, self.deadline - began
        if length == float("inf") or spent < min(SURE, length / 50) or done <= first:
            return total
        allowed = first + round((done - first) * length / max(spent, 1e-9))
        return min(total, max(done + 1, allowed))


def budgets(training: Training, stages: Sequence[Stage], begun: float = 0.0, reserve: float = 0.0) -> list[Budget]:
    """Budgets by the stages' shares; every stage gets a step at least, and the time that those before it left.

    Parameters
    ----------
    begun : seconds of the limit that went by before the first stage.
    reserve : share of the limit, 0..1, that is kept for what follows the last stage.
    """
    whole = sum(stage.share for stage in stages)
    shares = [stage.share / whole for stage in stages]
    epochs = _parts(training.epochs or EPOCHS, shares)
    seconds = float("inf") if training.max_minutes is None else 60 * training.max_minutes * (1 - reserve)
    left = max(0.0, seconds - begun)
    ends = [begun + left * sum(shares[: number + 1]) for number in range(len(stages))]
    return [Budget(count, end) for count, end in zip(epochs, ends, strict=True)]


def _parts(total: int, shares: Sequence[float]) -> list[int]:
    """Whole numbers, as near to the shares of ``total`` as at least 1 each allows (largest remainders)."""
    ideal = [total * share for share in shares]
    parts = [max(1, int(i)) for i in ideal]
    by_rest = sorted(range(len(ideal)), key=lambda i: int(ideal[i]) - ideal[i])
    for number in by_rest[: max(0, total - sum(parts))]:
        parts[number] += 1
    return parts
