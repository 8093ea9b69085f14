"""Training of a job: the weights, and what the answers need of the rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from quintet.artifacts.table import Artifacts
from quintet.data import row_fingerprints
from quintet.data.marginals import marginals
from quintet.errors import Diverged, InputError, Interrupted, QuintetError
from quintet.estimators import building
from quintet.estimators._file.eight_bits import round_weights
from quintet.estimators._fit import after_training, cross_calibration, mean_check
from quintet.estimators._fit.job import Job
from quintet.estimators._input import training_rows
from quintet.estimators._input.holdout import Split
from quintet.estimators.progress import progress_bar
from quintet.inference.chain import choose_order
from quintet.models.fitted import Fitted
from quintet.models.recipe import Recipe
from quintet.tasks.edit.classify import with_predicted_labels
from quintet.training import History, find_device, fit
from quintet.training.interrupt import resume_hint

RESERVE = 0.1
"""Share of a limit on the time that is kept for what the answers need of the rows once the weights are there."""


@dataclass(frozen=True)
class FitResult:
    """What a fit ends with."""

    fitted: Fitted
    history: History
    notes: list[str]
    failure: QuintetError | None  # training diverged or was interrupted: to be raised once the rest is kept


def train(
    job: Job,
    *,
    device: str,
    verbose: bool | Literal["auto"],
    callbacks: Sequence[Any],
    checkpoint: str | Path | None,
    resume: bool,
    began: float | None = None,
) -> FitResult:
    """Build and train the job's recipe, and measure what the answers need of the rows."""
    recipe = building.build(
        job.variant, job.schema, job.latent_dim, job.network, job.seed, context=job.context, compact=job.compact
    )
    if job.before is not None:
        _start_from(recipe, job.before)
    else:
        recipe.model.start_at(marginals(job.parts.train))
    history = History()
    failure: QuintetError | None = None
    with progress_bar(verbose) as progress:
        try:
            fit(
                recipe,
                job.variant.arranged(job.parts.train),
                job.parts.validation,
                job.plan,
                job.seed,
                checkpoint=checkpoint,
                resume=resume,
                progress=progress,
                callbacks=callbacks,
                device=device,
                about=job.about(),
                history=history,
                began=began,
                reserve=RESERVE,
            )
        except Diverged as problem:  # the recipe holds the last good weights: they are kept, then the error is raised
            failure = problem
        except Interrupted as problem:
            if checkpoint is not None:
                raise
            failure = problem
        if job.compact:
            round_weights(recipe.model)
        judged = (job.parts.validation or job.parts.train).resampled(job.seed)
        order = "" if failure else choose_order(recipe.model, judged, job.seed)
        fitted = building.freeze(recipe, job.schema, building.options_of(job), find_device(device))
        chosen = [order] if order else []
        try:
            crossed = [] if failure else [cross_calibration.tables_of(job, part, device) for part in job.parts.others]
            parts = _labelled(fitted, training_rows.drawn_once(job.parts))
            chosen += after_training.prepare(fitted, parts, crossed, job.seed, progress, job.training_anomalies)
            if failure is None:
                judged = parts.train.resampled(job.seed)
                chosen += mean_check.check_means(fitted, judged, job.seed, _steps(job, recipe, history))
        except (KeyboardInterrupt, Interrupted):
            fitted.artifacts = Artifacts()
            failure = failure or _interrupted_after_training(checkpoint)
        if not job.compact:
            before = None if job.before is None else job.before.artifacts.row_fingerprints
            kept = row_fingerprints.kept_fingerprints(job.parts.parts, job.keys, before)
            fitted.artifacts = replace(fitted.artifacts, row_fingerprints=kept)
    lacking = _lacking(fitted, history) if isinstance(failure, Interrupted) else []
    return FitResult(fitted, history, job.notes + history.notes + chosen + lacking, failure)


def joined_history(before: History, after: History) -> History:
    """One history of a training and its continuation."""
    return History(before.rows + after.rows, before.notes + after.notes)


def _interrupted_after_training(checkpoint: str | Path | None) -> Interrupted:
    cure = "fit again for that" if checkpoint is None else resume_hint(Path(checkpoint), True)
    return Interrupted(
        "fit was interrupted after training: the model has its weights, and what detect needs of the rows is missing; "
        f"{cure}."
    )


def _lacking(fitted: Fitted, history: History) -> list[str]:
    """What an interrupted training leaves that cannot be relied on."""
    missing = []
    if fitted.guide is not None and not history.stage("guide"):
        missing.append("The guide was not trained: impute and denoise know little of which latents to look for.")
    if fitted.artifacts.calibration is None:
        missing.append("No reference rows were kept: detect cannot be answered.")
    return missing


def _steps(job: Job, recipe: Recipe, history: History) -> int:
    """Optimiser's steps in the first stage, which trains p(x, z)."""
    each = math.ceil(len(job.parts.train) / (job.plan.batch_size * job.plan.accumulate))
    return each * len(history.stage(recipe.stages[0].name))


def _labelled(fitted: Fitted, parts: Split) -> Split:
    """The parts with a predicted label where none was given."""
    if fitted.schema.condition is None or fitted.schema.condition.unlabelled is None:
        return parts
    train = with_predicted_labels(fitted, parts.train)
    held = train if parts.calibration is parts.train else with_predicted_labels(fitted, parts.calibration)
    return replace(parts, train=train, calibration=held)


def _start_from(recipe: Recipe, before: Fitted) -> None:
    """Start from the weights of a fitted model."""
    building.like_stored(recipe.model, before.model.state_dict())
    try:
        recipe.model.load_state_dict(before.model.state_dict())
        if recipe.guide is not None and before.guide is not None:
            recipe.guide.like(before.guide.state_dict())
            recipe.guide.load_state_dict(before.guide.state_dict())
    except RuntimeError:
        raise InputError(
            "continue_training=True needs the variant and the network of the trained model, got others; keep both as "
            "they were, or fit afresh."
        ) from None
