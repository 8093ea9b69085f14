"""What ``VAE.fit`` does, step by step."""

from __future__ import annotations

import contextlib
import logging
import math
import sys
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from quintet.data import row_fingerprints
from quintet.data.marginals import marginals
from quintet.data.schema import Array, Schema
from quintet.errors import Diverged, InputError, Interrupted, QuintetError, QuintetWarning
from quintet.estimators._file import saving
from quintet.estimators._fit import after_training, cross_calibration, mean_check, presets, resolve_config
from quintet.estimators._input import training_rows, untrusted_cells, user_rows
from quintet.estimators._input.holdout import Split, split_rows
from quintet.estimators.nested_parameters import variant_instance
from quintet.models.fitted import Fitted
from quintet.models.recipe import Recipe
from quintet.models.variant import Variant
from quintet.networks import Network
from quintet.tasks.edit.classify import with_predicted_labels
from quintet.training import History, Progress, Training, find_device, fit, shown

log = logging.getLogger("quintet")
RESERVE = 0.1
"""Share of a limit on the time that is kept for what the answers need of the rows once the weights are there."""


@dataclass(frozen=True)
class Job:
    """Everything that is settled before training begins."""

    variant: Variant
    network: Network
    schema: Schema
    latent_dim: int
    parts: Split
    plan: Training
    seed: int
    notes: list[str]
    keys: Array  # (n,) fingerprints of the rows given, see quintet.data.row_fingerprints

    def about(self) -> dict[str, Any]:
        """What must agree for a run to be resumed, beside the data and the plan."""
        return {"variant": self.variant.get_params(), "kind": self.schema.kind}


def train(
    vae: Any,
    job: Job,
    *,
    callbacks: Sequence[Any],
    checkpoint: str | Path | None,
    resume: bool,
    begun: bool,
    began: float | None = None,
) -> None:
    """Build and train the job's recipe, prepare detection, and set what ends in ``_`` on the estimator."""
    recipe = saving.build(job.variant, job.schema, job.latent_dim, job.network, job.seed)
    if begun:
        _take_over(recipe, vae.fitted_)
    else:
        recipe.model.start_at(marginals(job.parts.train))
    history = History()
    failed: QuintetError | None = None
    with progress_of(vae) as progress:
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
                device=vae.device,
                about=job.about(),
                history=history,
                began=began,
                reserve=RESERVE,
            )
        except Diverged as problem:  # the recipe holds the last good weights: they are kept, then the error is raised
            failed = problem
        except Interrupted as problem:
            if checkpoint is not None:
                raise
            failed = problem
        fitted = saving.settle(recipe, job.schema, saving.options_of(job), find_device(vae.device))
        chosen: list[str] = []
        try:
            crossed = (
                [] if failed else [cross_calibration.tables_of(job, part, vae.device) for part in job.parts.others]
            )
            parts = _completed(fitted, training_rows.settled(job.parts))
            chosen = after_training.prepare(fitted, parts, crossed, job.seed, progress)
            if failed is None:
                chosen += mean_check.check_means(fitted, parts.train, job.seed, _steps(job, recipe, history))
        except (KeyboardInterrupt, Interrupted):
            fitted.reference = {}
            failed = failed or Interrupted(
                "fit was interrupted after training: the model has its weights, and what detect needs of the rows is "
                "missing; fit again for that."
            )
        fitted.reference |= row_fingerprints.kept_fingerprints(
            job.parts.parts, job.keys, vae.fitted_.reference if begun else None
        )
    vae.history_ = _joined(vae.history_, history) if begun else history
    vae.latent_dim_, vae.seed_, vae.held_out_ = job.latent_dim, job.seed, job.parts.held_out
    notes = _unfinished(fitted, history) if isinstance(failed, Interrupted) else []
    vae.notes_, vae.fitted_ = job.notes + history.notes + chosen + notes, fitted
    if failed is not None:
        raise failed


def job_of(vae: Any, X: Any, y: Any, X_val: Any, sample_weight: Any, mask: Any, begun: bool, groups: Any = None) -> Job:
    """Check the parameters and the rows, find the schema, hold rows out, choose what is "auto"."""
    if begun and not hasattr(vae, "fitted_"):
        raise InputError("continue_training=True needs a trained model; load one, or call fit without it first.")
    variant, seed = variant_instance(vae.variant), resolve_config.seed_of(vae.random_state)
    array = user_rows.numbers(X)
    (user_rows.check_features if begun else user_rows.observe)(vae, X, array)
    condition = y if variant.conditional else None
    weight = user_rows.sample_weights(sample_weight, len(array))
    schema, rows = training_rows.taken_in(vae, X, array, condition, mask, weight, variant, seed, begun)
    doubts = untrusted_cells.of_new_rows(schema, rows) if begun else untrusted_cells.of_training(schema, array, rows)
    plan = resolve_config.plan_of(vae.training, vae.preset, vae.epochs, vae.max_minutes, len(rows))
    keys = training_rows.training_fingerprints(array, schema, rows)
    before = row_fingerprints.dealt(keys, vae.fitted_.reference) if begun else None
    parts = split_rows(rows, seed, vae.calibration, plan.validation if X_val is None else 0.0, groups, before)
    if begun or "detect" in variant.answers:
        parts = replace(parts, others=())
    if X_val is not None:
        parts = replace(parts, validation=training_rows.validation(vae, X_val, schema, variant, seed))
    plan = cross_calibration.plan_of_each(plan, parts)
    if begun:
        latent_dim, why = vae.latent_dim_, f"latent_dim={vae.latent_dim_}, as before"
    else:
        latent_dim, why = resolve_config.latents_of(vae.latent_dim, parts.train, seed, vae.preset)
    notes = [training_rows.described(schema, rows), why, _held(parts, len(rows)), f"{plan.epochs or 'as many'} epochs"]
    if begun:
        notes.insert(3, _went_on(before))
    notes += doubts
    for note in notes:
        log.info(note)
    variant = presets.variant_for(vae.variant, vae.preset, schema)
    network = presets.network_for(vae.network, vae.preset, schema, len(parts.train))
    return Job(variant, network, schema, latent_dim, parts, plan, seed, notes, keys)


@contextlib.contextmanager
def progress_of(estimator: Any) -> Iterator[Progress | None]:
    """A bar or lines on standard error where the estimator is ``verbose``, nothing otherwise."""
    if not estimator.verbose:
        yield None
        return
    with shown(sys.stderr) as tell:
        yield tell


def _unfinished(fitted: Fitted, history: History) -> list[str]:
    """What an interrupted training leaves that cannot be relied on."""
    missing = []
    if fitted.guide is not None and not history.stage("guide"):
        missing.append("The guide was not trained: impute and denoise know little of which latents to look for.")
    if not any(key.startswith("calibration") for key in fitted.reference):
        missing.append("No reference rows were kept: detect cannot be answered.")
    return missing


def _steps(job: Job, recipe: Recipe, history: History) -> int:
    """Optimiser's steps in the first stage, which trains p(x, z)."""
    each = math.ceil(len(job.parts.train) / (job.plan.batch_size * job.plan.accumulate))
    return each * len(history.stage(recipe.stages[0].name))


def _completed(fitted: Fitted, parts: Split) -> Split:
    """The parts with a guess of each label that was not given."""
    if fitted.schema.condition is None or fitted.schema.condition.unlabelled is None:
        return parts
    train = with_predicted_labels(fitted, parts.train)
    held = train if parts.calibration is parts.train else with_predicted_labels(fitted, parts.calibration)
    return replace(parts, train=train, calibration=held)


def _take_over(recipe: Recipe, before: Fitted) -> None:
    """Start from the weights of a fitted model."""
    saving.with_starts(recipe.model, before.model.state_dict())
    try:
        recipe.model.load_state_dict(before.model.state_dict())
        if recipe.guide is not None and before.guide is not None:
            recipe.guide.like(before.guide.state_dict())
            recipe.guide.load_state_dict(before.guide.state_dict())
    except RuntimeError:
        raise InputError(
            "continue_training=True came with another variant or network than the trained model's; "
            "keep both as they were, or fit afresh."
        ) from None


def _held(parts: Split, n: int) -> str:
    watched = 0 if parts.validation is None else len(parts.validation)
    if not parts.held_out:
        return f"{len(parts.train)} of {n} rows train, none calibrate the p-values, which are then all 1"
    held = f"{parts.held_out} calibrate the p-values"
    if parts.others:
        more = f"{parts.calibrating} calibrate the p-values by {len(parts.others)} more models of other parts"
        held = f"{parts.held_out} are held out, {more}"
    return f"{len(parts.train)} of {n} rows train, {held}, {watched} watch the training"


def _went_on(before: Array | None) -> str:
    """Which rows an earlier training knows; a warning where the model's file does not say."""
    if before is None:
        note = (
            "this model's file does not say which rows trained it, so those that calibrate the p-values may be among "
            "them: train afresh where p-values matter"
        )
        warnings.warn(note, QuintetWarning, stacklevel=4)
        return note
    trained, kept = (int((before == part).sum()) for part in (row_fingerprints.TRAIN, row_fingerprints.CALIBRATION))
    new = int((before == row_fingerprints.HELD_OUT).sum())
    return f"{trained} rows trained before and train on, {kept} calibrated before and do so still, {new} are new"


def _joined(before: History, after: History) -> History:
    return History(before.rows + after.rows, before.notes + after.notes)
