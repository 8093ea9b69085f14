"""The loop of a search: trials until the time or their number is used up, and the files that it leaves."""

from __future__ import annotations

import contextlib
import os
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from quintet.errors import Diverged, InputError, Interrupted
from quintet.extras import extra
from quintet.studies.tune.defaults import Defaults
from quintet.studies.tune.dimension import Dimension
from quintet.studies.tune.lean_fit import Callback, held_out_bound
from quintet.studies.tune.objective import HeldOut, Objective
from quintet.studies.tune.results import BEST
from quintet.studies.tune.space import space_of
from quintet.studies.tune.storage import ended
from quintet.studies.tune.trial import Pruning, estimator_of, suggested
from quintet.training.progress_text import duration

if TYPE_CHECKING:
    from quintet.estimators import VAE

RANDOM_TRIALS, WARM_UP = 8, 5
"""Trials with options at random, and epochs that no trial is ended in."""


@dataclass
class Search:
    """State of a search; ``run`` trains until the time or the number of trials is used up."""

    study: Any
    base: VAE
    train: tuple[Any, Any]
    held: HeldOut
    objective: Objective
    folder: Path
    wanted: Mapping[str, Any] | None
    deadline: float | None  # of time.perf_counter
    trials: int | None
    most_minutes: float | None  # of one fit
    tell: Callable[[str], None]
    space: list[Dimension] = field(default_factory=list)

    def run(self) -> None:
        """Train the first fit, unless it is there, and then trial after trial."""
        with extra("tune", "quintet.studies.tune"):
            from optuna.pruners import PercentilePruner

        self.study.pruner = PercentilePruner(self.objective.kept, n_startup_trials=3, n_warmup_steps=WARM_UP)
        self._recover()
        try:
            if "defaults" not in self.study.user_attrs:
                self._first()
            self.space = space_of(self.defaults, self.wanted, self.base.variant == "auto")
            while self._goes_on():
                self._trial()
            self._complete()
        except (KeyboardInterrupt, Interrupted):
            raise Interrupted(f"The search was interrupted; the same call continues it from {self.folder}.") from None

    @property
    def defaults(self) -> Defaults:
        """What the first fit amounted to."""
        return Defaults(**self.study.user_attrs["defaults"])

    def _first(self) -> None:
        """Fit the estimator with its own options, and enter it as a trial if the search may try these options."""
        with extra("tune", "quintet.studies.tune"):
            from optuna.trial import create_trial

        seen = _Bounds()
        began = time.perf_counter()
        vae = self._fitted(self.base, seen)
        figure = self.objective.measure(vae, self.held)
        spent = round(time.perf_counter() - began, 3)
        found = Defaults.of(vae.fitted_.options, vae.n_features_in_)
        space = space_of(found, self.wanted, self.base.variant == "auto")
        values = {d.name: found.value(d.name, found.variant) for d in space}
        values = {name: value for name, value in values.items() if value is not None}
        inside = {d.name: d for d in space if d.name in values and d.holds(values[d.name])}
        if inside.keys() == values.keys() and not ended(self.study):
            vae.save(self._file(0))
            self.study.add_trial(
                create_trial(
                    params=values,
                    distributions={name: dimension.distribution() for name, dimension in inside.items()},
                    intermediate_values=seen.values,
                    value=figure,
                    user_attrs={"seconds": spent},
                )
            )
        self.study.set_user_attr("default_figure", figure)
        self.study.set_user_attr("first_seconds", spent)
        self.study.set_user_attr("defaults", vars(found))
        self._keep(0)
        self._report(f"Options as given: {figure:.4g} {self.objective.unit}")

    def _trial(self) -> None:
        """Draw options, fit, measure; the draw depends on the seed and on the trials that have ended."""
        with extra("tune", "quintet.studies.tune"):
            from optuna import TrialPruned
            from optuna.samplers import TPESampler
            from optuna.trial import TrialState

        state = np.random.SeedSequence([self.held.seed, len(ended(self.study))]).generate_state(1)
        self.study.sampler = TPESampler(n_startup_trials=RANDOM_TRIALS, seed=int(state[0]), constant_liar=False)
        trial = self.study.ask()
        options = suggested(trial, self.space, self.defaults)
        began = time.perf_counter()
        try:
            vae, figure = self._figure(estimator_of(self.base, options, self.defaults), Pruning(trial))
        except (TrialPruned, Diverged, InputError) as problem:
            trial.set_user_attr("seconds", round(time.perf_counter() - began, 3))
            trial.set_user_attr("why", str(problem))
            self.study.tell(trial, state=TrialState.PRUNED)
            self._report(f"Trial {trial.number} ended early: {str(problem).rstrip('.')}")
            return
        except BaseException:
            self.study.tell(trial, state=TrialState.FAIL)
            raise
        trial.set_user_attr("seconds", round(time.perf_counter() - began, 3))
        if not np.isfinite(figure):
            self.study.tell(trial, state=TrialState.PRUNED)
            self._report(f"Trial {trial.number} ended early: its figure is not finite")
            return
        if vae is not None and figure < self._best():
            vae.save(self._file(trial.number))
        self.study.tell(trial, figure)
        self._keep(trial.number)
        self._report(f"Trial {trial.number}: {figure:.4g} {self.objective.unit}")

    def _figure(self, vae: VAE, callback: Callback) -> tuple[VAE | None, float]:
        """The figure of a trial, and its model where the figure is one of answers."""
        if self.objective.needs_answers:
            fitted = self._fitted(vae, callback)
            return fitted, self.objective.measure(fitted, self.held)
        return None, held_out_bound(self._limited(vae), *self.train, self._watched, callback)

    def _fitted(self, vae: VAE, *callbacks: Callback) -> VAE:
        return self._limited(vae).fit(*self.train, X_val=self._watched, callbacks=callbacks)

    def _limited(self, vae: VAE) -> VAE:
        limits = [minutes for minutes in (vae.max_minutes, self.most_minutes) if minutes is not None]
        return vae.set_params(max_minutes=min(limits, default=None))

    @property
    def _watched(self) -> Any:
        return self.held.rows if self.held.y is None else (self.held.rows, self.held.y)

    def _complete(self) -> None:
        """Fit the best options as a whole, if the model in the folder is not theirs."""
        best = self.best_trial()
        if best is None or self.study.user_attrs.get("model") == best.number:
            return
        self.tell(f"Fitting the best options, those of trial {best.number}, as a whole.")
        vae = estimator_of(self.base, {"variant": self.defaults.variant, **best.params}, self.defaults)
        self._fitted(vae).save(self._file(best.number))
        self._keep(best.number)

    def best_trial(self) -> Any:
        """The trial with the least figure; None before the first has ended."""
        return min((t for t in ended(self.study) if t.value is not None), key=lambda t: t.value, default=None)

    def _best(self) -> float:
        best = self.best_trial()
        return float("inf") if best is None else float(best.value)

    def _file(self, number: int) -> Path:
        return self.folder / f"trial-{number}.safetensors"

    def _keep(self, number: int) -> None:
        """Let a trial's model take the place of the best one, in one step, if it was saved."""
        with contextlib.suppress(FileNotFoundError):
            os.replace(self._file(number), self.folder / BEST)
            self.study.set_user_attr("model", number)

    def _recover(self) -> None:
        """Put right what an interruption between two steps has left."""
        best = self.best_trial()
        for file in self.folder.glob("trial-*.safetensors"):
            if best is not None and file == self._file(best.number):
                self._keep(best.number)
            else:
                file.unlink()

    def _goes_on(self) -> bool:
        """Whether another trial fits into the time and the number of trials."""
        if self.trials is not None and len(ended(self.study)) >= self.trials:
            return False
        return self.deadline is None or self.deadline - time.perf_counter() > self._last_fit + 0.5 * self._typical()

    @property
    def _last_fit(self) -> float:
        """Seconds that are kept for the fit of the best options."""
        return 0.0 if self.objective.needs_answers else float(self.study.user_attrs["first_seconds"])

    def _typical(self) -> float:
        """Seconds of a trial: the median."""
        spent = [t.user_attrs["seconds"] for t in ended(self.study)[1:] if "seconds" in t.user_attrs]
        return float(statistics.median(spent)) if spent else 0.0

    def _report(self, sentence: str) -> None:
        """Tell what was found, the best figure, and how long it will go on."""
        left = [] if self.deadline is None else [max(0.0, self.deadline - time.perf_counter())]
        if self.trials is not None:
            left.append(max(0, self.trials - len(ended(self.study))) * self._typical() + self._last_fit)
        best = f"; best so far {self._best():.4g}" if np.isfinite(self._best()) else ""
        self.tell(f"{sentence}{best}; {duration(min(left))} left.")


@dataclass
class _Bounds:
    """Callback of the first fit: the held-out bound of each epoch of the first stage."""

    stage: str = ""
    values: dict[int, float] = field(default_factory=dict)

    def __call__(self, row: Mapping[str, Any]) -> None:
        self.stage = self.stage or row["stage"]
        if row["stage"] == self.stage and "val_distortion" in row:
            self.values[row["epoch"]] = row["val_distortion"] + row.get("val_rate", 0.0)
