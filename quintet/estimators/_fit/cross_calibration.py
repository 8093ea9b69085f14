"""Of few rows each calibrates the p-values once: further models are trained on the other rows.

Cross-validated p-values (Vovk, "Cross-conformal predictors", 2015; Barber et al., "Predictive inference with the
jackknife+", 2021). The model that answers is the first fold's, trained on as many rows as the others: scores of
calibration rows and of new normal rows have one distribution. The other models are dropped once they have scored.
"""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from quintet.data.marginals import marginals
from quintet.errors import Diverged
from quintet.estimators import building
from quintet.estimators._fit.job import Job
from quintet.estimators._input import training_rows
from quintet.estimators._input.holdout import Split
from quintet.inference.chain import choose_order
from quintet.models.recipe import Recipe
from quintet.tasks.detect.prepare import calibration_tables
from quintet.tasks.edit.classify import with_predicted_labels
from quintet.training import Training, find_device, fit
from quintet.training.processes import ALONE, Processes


def tables_of(job: Job, part: Split, device: str, processes: Processes = ALONE) -> dict[str, Tensor]:
    """Components of the calibration rows of ``part`` under a model of its training rows; empty where that diverges."""
    recipe = building.build(job.variant, job.schema, job.latent_dim, job.network, job.seed, context=job.context)
    recipe.model.start_at(marginals(part.train))
    recipe, plan = without_guide(recipe, job)
    try:
        watched = part.validation or job.parts.validation  # the latter where it was given apart
        fit(recipe, job.variant.arranged(part.train), watched, plan, job.seed, device=device, processes=processes)
    except Diverged:
        return {}
    choose_order(recipe.model, watched or part.train, job.seed)
    fitted = building.freeze(recipe, job.schema, building.options_of(job), find_device(device))
    if not fitted.model.has_posterior:
        return {}
    part = training_rows.drawn_once(part)
    train, held = part.train, part.calibration
    if job.schema.condition is not None and job.schema.condition.unlabelled is not None:
        train, held = with_predicted_labels(fitted, train), with_predicted_labels(fitted, held)
    return calibration_tables(fitted, train, held, part.places, job.seed, job.training_anomalies)


def without_guide(recipe: Recipe, job: Job) -> tuple[Recipe, Training]:
    """The recipe as far as scores of rows without missing cells, or of a model trained with some, need it."""
    without = recipe.without_partial_encoder()
    if recipe.guide is None or not without.stages:
        return recipe, job.plan
    share = sum(stage.share for stage in without.stages) / sum(stage.share for stage in recipe.stages)
    epochs = None if job.plan.epochs is None else max(len(without.stages), round(share * job.plan.epochs))
    return without, replace(job.plan, epochs=epochs)
