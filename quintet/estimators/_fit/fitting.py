"""Training of a job: the weights, and what the answers need of the rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from quintet.artifacts.table import Artifacts
from quintet.data import row_fingerprints
from quintet.data.marginals import marginals
from quintet.errors import Diverged, InputError, Interrupted, QuintetError
from quintet.estimators import building
from quintet.estimators._file.eight_bits import round_weights
from quintet.estimators._fit import after_training, cross_calibration, mean_check
from quintet.estimators._fit.handing_out import from_bytes, to_bytes
from quintet.estimators._fit.job import Job
from quintet.estimators._fit.result import FitResult
from quintet.estimators._input import training_rows
from quintet.estimators._input.holdout import Split
from quintet.estimators.progress import progress_bar
from quintet.inference.chain import choose_order
from quintet.models.fitted import Fitted
from quintet.models.recipe import Recipe
from quintet.tasks.edit.classify import with_predicted_labels
from quintet.training import History, Progress, find_device, fit
from quintet.training.interrupt import resume_hint
from quintet.training.processes import ALONE, Processes

RESERVE = 0.1
"""Share of a limit on the time that is kept for what the answers need of the rows once the weights are there."""


def train(
    job: Job,
    *,
    device: str,
    verbose: bool | Literal["auto"],
    callbacks: Sequence[Any],
    checkpoint: str | Path | None,
    resume: bool,
    began: float | None = None,
    processes: Processes = ALONE,
) -> FitResult:
    """Build and train the job's recipe, and measure what the answers need of the rows.

    Several processes train together; the first one measures, and hands out what it found.
    """
    recipe = building.build(
        job.variant, job.schema, job.latent_dim, job.network, job.seed, context=job.context, compact=job.compact
    )
    if job.before is not None:
        _start_from(recipe, job.before)
    else:
        recipe.model.start_at(marginals(job.parts.train))
    history = History()
    failure: QuintetError | None = None
    with progress_bar(verbose if processes.is_first else False) as progress:
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
                processes=processes,
            )
        except Diverged as problem:  # the recipe holds the last good weights: they are kept, then the error is raised
            failure = problem
        except Interrupted as problem:
            if checkpoint is not None:
                raise
            failure = problem
        if job.compact:
            round_weights(recipe.model)
        crossed: list[dict[str, Tensor]] = []
        try:
            others = [] if failure else job.parts.others
            crossed += [cross_calibration.tables_of(job, part, device, processes) for part in others]
        except (KeyboardInterrupt, Interrupted):
            failure = _interrupted_after_training(checkpoint)
        if processes.count == 1:
            return _measured(job, recipe, history, crossed, failure, find_device(device), progress, checkpoint)
        found = []

        def first() -> bytes:
            found.append(_measured(job, recipe, history, crossed, failure, find_device(device), progress, checkpoint))
            return to_bytes(found[0])

        data = processes.from_first(first)
    if found:
        return found[0]
    fitted = building.freeze(recipe, job.schema, building.options_of(job), find_device(device))
    return from_bytes(data, FitResult(fitted, history, [], failure))


def _measured(
    job: Job,
    recipe: Recipe,
    history: History,
    crossed: Sequence[dict[str, Tensor]],
    failure: QuintetError | None,
    device: torch.device,
    progress: Progress | None,
    checkpoint: str | Path | None,
) -> FitResult:
    """The trained recipe as a model that answers, with what the answers need of the rows.

    Parameters
    ----------
    crossed : of each other fold what ``cross_calibration.tables_of`` returned.
    failure : what ended training early.
    """
    judged = (job.parts.validation or job.parts.train).resampled(job.seed)
    order = "" if failure else choose_order(recipe.model, judged, job.seed)
    fitted = building.freeze(recipe, job.schema, building.options_of(job), device)
    chosen = [order] if order else []
    try:
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
