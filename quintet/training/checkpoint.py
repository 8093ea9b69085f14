"""Checkpoint of a training run in one safetensors file: weights, optimisers, averages, sums and position."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from quintet import storage
from quintet.data.writers.temporary import remove_leftovers
from quintet.errors import FileRefused, InputError
from quintet.training import optimiser
from quintet.training.options import LATER, MAY_DIFFER
from quintet.training.stage_run import StageRun
from quintet.training.weights import copy_of

KIND = "checkpoint"


@dataclass
class Position:
    """Position of a run; with the tensors, the seed and the rows it suffices to resume."""

    stage: int = 0
    epoch: int = 0
    step: int = 0  # within the epoch
    seconds: float = 0.0  # of all stages, over all resumed runs
    set_up: float | None = None  # value of ``seconds`` when the first stage began
    stage_began: float = 0.0  # value of ``seconds`` after the stage's first step
    epoch_seconds: float = 0.0  # of training in this epoch
    first_loss: float | None = None
    best_loss: float | None = None
    best_epoch: int = 0
    looked: tuple[float, int] = (0.0, 0)
    rows_summed: list[int] = field(default_factory=list)

    def describe(self, stages: Sequence[str]) -> str:
        """The position in words, given the names of all stages."""
        if self.stage >= len(stages):
            return "after its last stage"
        return f"in stage {stages[self.stage]!r}, epoch {self.epoch + 1}, step {self.step}"


def write_checkpoint(
    path: Path, place: Position, rows: list[dict[str, Any]], about: Mapping[str, Any], tensors: Mapping[str, Tensor]
) -> None:
    """Write a checkpoint atomically: the file is always either the old one or the new one."""
    storage.save(path, tensors, {"place": asdict(place), "rows": rows, "about": dict(about)}, kind=KIND)


def read_checkpoint(
    data: bytes, path: Path, about: Mapping[str, Any]
) -> tuple[Position, list[dict[str, Any]], dict[str, Tensor]]:
    """Read the content of the checkpoint at ``path``, whose settings agree with ``about``.

    Raises
    ------
    FileRefused
        If the file is damaged or not a checkpoint.
    InputError
        If data or options differ; the message names them.
    """
    tensors, header = storage.from_bytes(data, kind=KIND, name=str(path))
    try:
        then, place, rows = LATER | header["about"], Position(**header["place"]), list(header["rows"])
    except (KeyError, TypeError):
        raise FileRefused(
            f"{path} is not a checkpoint of this version of quintet: train from the start, without resume."
        ) from None
    about = LATER | dict(about)
    differing = [name for name in {**then, **about} if then.get(name) != about.get(name) and name not in MAY_DIFFER]
    if differing:
        raise InputError(
            f"{path} holds a run with other settings ({'; '.join(_difference(n, then, about) for n in differing)}): "
            "resume with the same settings, or train from the start, without resume."
        )
    place.looked = (float(place.looked[0]), int(place.looked[1]))
    return place, rows, tensors


def remove_partial_files(path: Path) -> None:
    """Remove partial files of a process that was killed while it wrote."""
    remove_leftovers(path)


def store_stage(run: StageRun, place: Position) -> dict[str, Tensor]:
    """State of a running stage except its weights; its numbers are written into ``place``."""
    place.first_loss, place.looked = run.watch.first, run.looked
    place.rows_summed = [group.sums.rows for group in run.groups]
    out: dict[str, Tensor] = {}
    for number, group in enumerate(run.groups):
        out |= {f"optimiser.{number}.{key}": t for key, t in optimiser.state_of(group.optimiser).items()}
        group.sums.settle()
        out |= {f"sums.{number}.{key}": t for key, t in group.sums.totals.items()}
    if run.average is not None:
        out |= {f"ema.{number}": t for number, t in enumerate(run.average.mean)}
    if run.best is not None:
        out |= {f"best.{name}": t for name, t in run.best.items()}
    return out


def restore_stage(run: StageRun, place: Position, tensors: Mapping[str, Tensor]) -> None:
    """Restore the state of a running stage."""
    for number, group in enumerate(run.groups):
        optimiser.restore(group.optimiser, _under(f"optimiser.{number}.", tensors))
        group.sums.restore(place.rows_summed[number], _under(f"sums.{number}.", tensors))
    if run.average is not None:
        for number, mean in enumerate(run.average.mean):
            mean.copy_(tensors[f"ema.{number}"])
    best = _under("best.", tensors)
    run.best = {name: t.to(run.device) for name, t in copy_of(best).items()} if best else None
    run.watch.first, run.looked = place.first_loss, place.looked


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}


def _difference(name: str, then: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    before, after = then.get(name), now.get(name)
    long = any(isinstance(v, (dict, list)) or (isinstance(v, str) and len(v) > 24) for v in (before, after))
    return f"{name} differ" if long else f"{name} was {before!r} and is {after!r} now"
