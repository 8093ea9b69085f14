"""Training loop over the stages of a recipe: validation, history, checkpoints and interruption."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NoReturn

from torch import Tensor

from quintet.errors import Interrupted
from quintet.models.recipe import Recipe, StepContext
from quintet.training import checkpoint as disk
from quintet.training.budget import Budget, budgets
from quintet.training.checkpoint import Position
from quintet.training.divergence import EVERY
from quintet.training.history import History
from quintet.training.interrupt import StopRequest, resume_hint
from quintet.training.loader import Loader
from quintet.training.options import Training
from quintet.training.processes import ALONE, Processes, values
from quintet.training.progress import Progress
from quintet.training.run_clock import RunClock
from quintet.training.schedules import learning_rate, rate_weight
from quintet.training.stage_run import StageRun
from quintet.training.weights import copy_of, only, put, recipe_modules, weights

FEW = 256
"""Number of training rows that check a stage's final weights without held-out rows."""


class Trainer:
    """State of ``fit`` while it trains."""

    def __init__(
        self,
        recipe: Recipe,
        loader: Loader,
        validation: Loader | None,
        training: Training,
        seed: int,
        precision: str,
        processes: Processes = ALONE,
    ) -> None:
        self.recipe, self.loader, self.validation = recipe, loader, validation
        self.training, self.seed, self.precision, self.processes = training, seed, precision, processes
        self.place, self.history = Position(), History()
        self.progress: Progress | None = None
        self.callbacks: Sequence[Callable[[Mapping[str, Any]], object]] = ()
        self.path: Path | None = None
        self.about: dict[str, Any] = {}
        self.began, self.reserve = time.perf_counter(), 0.0
        self._stored: dict[str, Tensor] | None = None
        self._can_resume = False  # whether the checkpoint file is that of this run

    def resume(self, place: Position, rows: list[dict[str, Any]], tensors: dict[str, Tensor]) -> None:
        """Restore the state of a checkpoint."""
        self.place, self.history.rows, self._stored, self._can_resume = place, rows, tensors, True
        for number in range(
            min(place.stage + 1, len(self.recipe.stages))
        ):  # parts of which the training rows set the size
            self._start(number)
        stored = {n.removeprefix("weights."): t for n, t in tensors.items() if n.startswith("weights.")}
        put(self._named(), stored)
        self.history.notes.append(f"Training was resumed from {self.path}: {self._where()}.")

    def run(self, request: StopRequest) -> None:
        """Train the remaining stages."""
        saves = self.training.checkpoint_seconds if self.path else None
        started = self.began - self.place.seconds
        self._clock = RunClock(self.processes, request, started, self.progress is not None, saves)
        self.processes.align(self._weights())
        self._clock.look()
        if self.place.set_up is None:
            self.place.set_up = self._clock.moment.now
        self._budgets = budgets(self.training, self.recipe.stages, self.place.set_up, self.reserve)
        try:
            while self.place.stage < len(self.recipe.stages):
                with only(self.recipe, self.recipe.stages[self.place.stage]):
                    self._stage()
        except KeyboardInterrupt:
            # a second Ctrl-C, or a signal outside the main thread, may interrupt a step, so nothing is saved
            raise Interrupted(f"Training was interrupted {self._where()}; {self._hint()}.") from None

    def _start(self, number: int) -> None:
        """Set weights of a stage from some training rows."""
        stage = self.recipe.stages[number]
        if stage.start is not None:
            first = self.loader.order(self.seed, number, 0)[: stage.start_rows]
            stage.start(self.loader.batch(first))

    def _stage(self) -> None:
        place, training, budget = self.place, self.training, self._budgets[self.place.stage]
        device = self.loader.device
        run = StageRun(self.recipe, place.stage, training, self.seed, device, self.precision, self.processes)
        if self._stored is not None and (place.epoch or place.step):
            disk.restore_stage(run, place, self._stored)
        else:
            self._start(place.stage)
            self.processes.align(self._weights())
        self._stored = None
        while not budget.is_used_up(place.epoch, place.best_epoch, training.patience, self._clock.moment.now):
            self._epoch(run, budget)
            self._end_epoch(run, budget)
        if place.epoch < budget.epochs and self._clock.moment.now >= budget.deadline:
            done = f"{place.epoch} of {budget.epochs} epochs"
            self.history.notes.append(f"max_minutes ended the stage {run.stage.name!r} after {done}.")
        if training.patience and run.best is not None:
            put(run.weights(), run.best)
        elif run.average is not None:
            run.average.put()
        self.processes.align(self._weights())
        run.conclude(self._check_rows(), self._last(), f"at the end of stage {run.stage.name!r}")
        self.history.check(run.stage)
        self._report(1, 1)
        self.place = Position(stage=place.stage + 1, seconds=self._clock.seconds(), set_up=place.set_up)
        self._save(None)

    @property
    def _size(self) -> int:
        """Rows of a step of the running stage."""
        stage = self.recipe.stages[min(self.place.stage, len(self.recipe.stages) - 1)]
        return (stage.batch_rows or self.training.batch_size) * self.training.accumulate

    @property
    def _per_epoch(self) -> int:
        """Steps of an epoch of the running stage."""
        return math.ceil(len(self.loader) / self._size)

    def _epoch(self, run: StageRun, budget: Budget) -> None:
        place = self.place
        rows = self.loader.order(self.seed, place.stage, place.epoch)
        began = self._clock.moment.now - place.epoch_seconds
        while place.step < self._per_epoch:
            context = self._context(budget)
            index = rows[place.step * self._size : (place.step + 1) * self._size]
            run.step(self.loader, index, context, learning_rate(self.training, context.t))
            place.step += 1
            now = self._clock.look()
            place.epoch_seconds = now - began
            if context.step == 0:
                place.stage_began = now  # the first step, with its imports and allocations, is no measure of speed
            if context.step % EVERY == 0:
                run.check_divergence(self._where())
            if self._clock.report_is_due():
                self._report(context.step + 1, context.total_steps)
            if self._clock.moment.stop:
                self._interrupted(run)
            if self._clock.moment.save:
                self._save(run)
            if now >= budget.deadline:
                break

    def _context(self, budget: Budget) -> StepContext:
        place = self.place
        step = place.epoch * self._per_epoch + place.step
        total = budget.steps(step, self._per_epoch, (1, place.stage_began), self._clock.moment.now)
        weight = rate_weight(self.training, step / total)
        return StepContext(step, total, place.epoch, weight, self.training.free_bits, len(self.loader))

    def _end_epoch(self, run: StageRun, budget: Budget) -> None:
        """Validate, add a row to the history, and call the callbacks."""
        place, last = self.place, self._context(budget)
        run.check_divergence(self._where())
        row = {"stage": run.stage.name, "epoch": place.epoch + 1, **run.means()}
        row |= {
            "seconds": round(place.epoch_seconds, 4),
            "rows_per_s": round(run.groups[0].sums.rows / max(place.epoch_seconds, 1e-9), 1),
            "learning_rate": learning_rate(self.training, last.t),
            "rate_weight": last.rate_weight,
        }
        place.epoch, place.step, place.epoch_seconds = place.epoch + 1, 0, 0.0
        if self.validation is not None:
            self._validate(run, row)
        run.begin_epoch()
        self.history.rows.append(row)
        for callback in self.callbacks:
            callback(row)
        self._clock.look()
        if self._clock.moment.stop:
            self._interrupted(run)

    def _validate(self, run: StageRun, row: dict[str, Any]) -> None:
        assert self.validation is not None
        place = self.place
        with run.average.in_place() if run.average is not None else nullcontext():
            row |= run.validate(self.validation, self._last())
            if self.training.patience and (place.best_loss is None or row["val_loss"] < place.best_loss):
                place.best_loss, place.best_epoch = row["val_loss"], place.epoch
                run.best = copy_of(run.weights())

    def _last(self) -> StepContext:
        """Context of validation: the end of the stage, where the rate has its full weight."""
        return StepContext(1, 1, self.place.epoch, 1.0, self.training.free_bits, len(self.loader))

    def _check_rows(self) -> Loader:
        """The held-out rows, or some training rows without held-out rows."""
        return self.validation or Loader(self.loader.rows.take(slice(0, FEW)), self.loader.device, self.loader.backend)

    def _save(self, run: StageRun | None) -> None:
        """Write the checkpoint, if there is a file for it and the run has not diverged."""
        if self.path is None:
            return
        began = self._clock.seconds()
        tensors = {f"weights.{n}": t for n, t in self._named().items()}
        if run is not None:
            run.check_divergence(self._where())
            tensors |= disk.store_stage(run, self.place)
        self.place.seconds = self._clock.seconds()
        if self.processes.is_first:
            disk.write_checkpoint(self.path, self.place, self.history.rows, self.about, tensors)
        self._can_resume = True
        self._clock.saved(began)

    def _interrupted(self, run: StageRun) -> NoReturn:
        """Save the run and raise ``Interrupted``; without a checkpoint file the model keeps the current weights."""
        self._save(run)
        if self.path is None:
            run.check_divergence(self._where())
            if run.average is not None:
                run.average.put()
        self.history.notes.append(f"Training was interrupted {self._where()}: the weights are those of that moment.")
        raise Interrupted(f"Training was interrupted {self._where()}; {self._hint()}.")

    def _hint(self) -> str:
        return resume_hint(self.path, self._can_resume)

    def _where(self) -> str:
        return self.place.describe([stage.name for stage in self.recipe.stages])

    def _named(self) -> dict[str, Tensor]:
        return weights(recipe_modules(self.recipe))

    def _weights(self) -> list[Tensor]:
        return values(self._named())

    def _report(self, done: int, total: int) -> None:
        if self.progress is not None:
            name = self.recipe.stages[self.place.stage].name
            self.progress(f"train {name}", done, total, self.history.latest(name))
