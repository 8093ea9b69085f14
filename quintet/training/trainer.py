"""A run on its way through the stages: where it stands, and what happens after a step, an epoch and a stage."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NoReturn

from torch import Tensor

from quintet.errors import Interrupted, QuintetWarning
from quintet.models.recipe import Recipe, Stage, StepContext
from quintet.training import checkpoint as disk
from quintet.training.budget import Budget, budgets
from quintet.training.checkpoint import Position
from quintet.training.divergence import EVERY
from quintet.training.history import History
from quintet.training.interrupt import Wish, resume_hint
from quintet.training.loader import Loader, order
from quintet.training.options import Training
from quintet.training.progress import Progress
from quintet.training.schedules import learning_rate, rate_weight
from quintet.training.stage_run import StageRun
from quintet.training.weights import copy_of, only, put, recipe_modules, weights

REFRESH = 0.25
"""Seconds between two reports of progress."""
FEW = 256
"""Training rows on which a stage's end is judged where no rows are held out."""


class Trainer:
    """Everything that ``fit`` holds while it trains."""

    def __init__(
        self, recipe: Recipe, feed: Loader, held: Loader | None, training: Training, seed: int, precision: str
    ) -> None:
        self.recipe, self.feed, self.held = recipe, feed, held
        self.training, self.seed, self.precision = training, seed, precision
        self.place, self.history = Position(), History()
        self.progress: Progress | None = None
        self.callbacks: Sequence[Callable[[Mapping[str, Any]], object]] = ()
        self.path: Path | None = None
        self.about: dict[str, Any] = {}
        self.began, self.reserve = time.perf_counter(), 0.0
        self._size = training.batch_size * training.accumulate
        self._per_epoch = math.ceil(len(feed) / self._size)
        self._stored: dict[str, Tensor] | None = None

    def go_on(self, place: Position, rows: list[dict[str, Any]], tensors: dict[str, Tensor]) -> None:
        """Start from a checkpoint."""
        self.place, self.history.rows, self._stored = place, rows, tensors
        held = {n.removeprefix("weights."): t for n, t in tensors.items() if n.startswith("weights.")}
        put(weights(recipe_modules(self.recipe)), held)
        self.history.notes.append(f"Training was resumed from {self.path}: {self._where()}.")

    def travel(self, wish: Wish) -> None:
        """Train the stages that are left."""
        self._wish, self._started = wish, self.began - self.place.seconds
        if self.place.set_up is None:
            self.place.set_up = self._now()
        self._budgets = budgets(self.training, self.recipe.stages, self.place.set_up, self.reserve)
        self._next_tick = 0.0 if self.progress else math.inf
        self._next_save = self._now() + self.training.checkpoint_seconds if self.path else math.inf
        try:
            while self.place.stage < len(self.recipe.stages):
                with only(self.recipe, self.recipe.stages[self.place.stage]):
                    self._stage()
        except KeyboardInterrupt:
            # a second Ctrl-C, or a signal outside the main thread: perhaps amid a step, so nothing is saved
            raise Interrupted(f"Training was interrupted {self._where()}; {resume_hint(self.path)}.") from None

    def _stage(self) -> None:
        place, training = self.place, self.training
        run = StageRun(self.recipe, place.stage, training, self.seed, self.feed.device, self.precision)
        if self._stored is not None and (place.epoch or place.step):
            disk.restore_stage(run, place, self._stored)
        self._stored = None
        budget = self._budgets[place.stage]
        while not self._enough(budget):
            self._epoch(run, budget)
            self._end_epoch(run, budget)
        if training.patience and run.best is not None:
            put(run.weights(), run.best)
        elif run.average is not None:
            run.average.put()
        run.conclude(self._judges(), self._last(), f"at the end of stage {run.stage.name!r}")
        self._check(run.stage)
        self._tell(1, 1)
        self.place = Position(stage=place.stage + 1, seconds=self._now(), set_up=place.set_up)
        self._save(None)

    def _check(self, stage: Stage) -> None:
        """Note and warn of what the stage's own check finds."""
        found = stage.check(self.history.stage(stage.name)) if stage.check is not None else None
        if found is not None:
            self.history.notes.append(found)
            warnings.warn(found, QuintetWarning, stacklevel=2)

    def _epoch(self, run: StageRun, budget: Budget) -> None:
        place = self.place
        rows = order(len(self.feed), self.seed, place.stage, place.epoch)
        began = self._now() - place.epoch_seconds
        while place.step < self._per_epoch:
            context = self._context(budget)
            index = rows[place.step * self._size : (place.step + 1) * self._size]
            run.step(self.feed, index, context, learning_rate(self.training, context.t))
            place.step += 1
            now = self._now()
            place.epoch_seconds = now - began
            if context.step == 0:
                place.stage_began = (
                    now  # the first step waits for imports and allocations: the pace is judged from here
                )
            if context.step % EVERY == 0:
                run.look(self._where())
            if now >= self._next_tick:
                self._tell(context.step + 1, context.total_steps)
                self._next_tick = now + REFRESH
            if self._wish.stop:
                self._interrupted(run)
            if now >= self._next_save:
                self._save(run)
            if now >= budget.deadline:
                break

    def _enough(self, budget: Budget) -> bool:
        """Whether the stage has had its epochs, its time, or its patience."""
        place, patience = self.place, self.training.patience
        if not place.epoch:
            return False
        tired = bool(patience) and place.epoch - place.best_epoch >= patience
        return tired or self._now() >= budget.deadline or place.epoch >= budget.epochs

    def _context(self, budget: Budget) -> StepContext:
        place = self.place
        step = place.epoch * self._per_epoch + place.step
        total = budget.steps(step, self._per_epoch, (1, place.stage_began), self._now())
        weight = rate_weight(self.training, step / total)
        return StepContext(step, total, place.epoch, weight, self.training.free_bits, len(self.feed))

    def _end_epoch(self, run: StageRun, budget: Budget) -> None:
        """Judge, note, report."""
        place, last = self.place, self._context(budget)
        run.look(self._where())
        row = {"stage": run.stage.name, "epoch": place.epoch + 1, **run.means()}
        row |= {
            "seconds": round(place.epoch_seconds, 4),
            "rows_per_s": round(run.sides[0].sums.rows / max(place.epoch_seconds, 1e-9), 1),
            "learning_rate": learning_rate(self.training, last.t),
            "rate_weight": last.rate_weight,
        }
        place.epoch, place.step, place.epoch_seconds = place.epoch + 1, 0, 0.0
        if self.held is not None:
            self._judge(run, row)
        run.begin_epoch()
        self.history.rows.append(row)
        for callback in self.callbacks:
            callback(row)
        if self._wish.stop:
            self._interrupted(run)

    def _judge(self, run: StageRun, row: dict[str, Any]) -> None:
        assert self.held is not None
        place = self.place
        with run.average.in_place() if run.average is not None else nullcontext():
            row |= run.judge(self.held, self._last())
            if self.training.patience and (place.best_loss is None or row["val_loss"] < place.best_loss):
                place.best_loss, place.best_epoch = row["val_loss"], place.epoch
                run.best = copy_of(run.weights())

    def _last(self) -> StepContext:
        """The end of the stage, at which held-out rows are judged: the rate has its full weight."""
        return StepContext(1, 1, self.place.epoch, 1.0, self.training.free_bits, len(self.feed))

    def _judges(self) -> Loader:
        """The held-out rows, or some of the training rows where there are none."""
        return self.held or Loader(self.feed.rows.take(slice(0, FEW)), self.feed.device)

    def _save(self, run: StageRun | None) -> None:
        """Write the checkpoint, if there is a file for it; only of a run that has not diverged."""
        began = self._now()
        self._next_save = math.inf
        if self.path is None:
            return
        place, tensors = self.place, {f"weights.{n}": t for n, t in weights(recipe_modules(self.recipe)).items()}
        if run is not None:
            run.look(self._where())
            place.first_loss, place.looked = run.watch.first, run.looked
            place.rows_summed = [side.sums.rows for side in run.sides]
            tensors |= disk.tensors_of(run)
        place.seconds = self._now()
        disk.write_checkpoint(self.path, place, self.history.rows, self.about, tensors)
        # A large model is saved more seldom, so that saving stays a small part of the time.
        self._next_save = self._now() + max(self.training.checkpoint_seconds, 20 * (self._now() - began))

    def _interrupted(self, run: StageRun) -> NoReturn:
        """Save and say how to go on; without a file the model keeps the weights of this moment."""
        self._save(run)
        if self.path is None:
            run.look(self._where())
            if run.average is not None:
                run.average.put()
        self.history.notes.append(f"Training was interrupted {self._where()}: the weights are those of that moment.")
        raise Interrupted(f"Training was interrupted {self._where()}; {resume_hint(self.path)}.")

    def _where(self) -> str:
        number = min(self.place.stage, len(self.recipe.stages) - 1)
        if self.place.stage > number:
            return "after its last stage"
        return f"in stage {self.recipe.stages[number].name!r}, epoch {self.place.epoch + 1}, step {self.place.step}"

    def _now(self) -> float:
        """Seconds of this run over all its sittings."""
        return time.perf_counter() - self._started

    def _tell(self, done: int, total: int) -> None:
        if self.progress is None:
            return
        stage, note = self.recipe.stages[self.place.stage], ""
        rows = self.history.stage(stage.name)
        if rows:
            note = f"epoch {rows[-1]['epoch']}: loss {rows[-1]['loss']:.4g}, {rows[-1]['rows_per_s']:,.0f} rows/s"
        self.progress(f"train {stage.name}", done, total, note)
