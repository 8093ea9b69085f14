"""Small trainings of every variant and context decoder, and how far apart two trained recipes are."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from quintet import VAE, variants
from quintet.estimators._fit.job import Job, job_of
from quintet.estimators._input.training_rows import training_cells
from quintet.models.recipe import Recipe
from quintet.training import Training
from quintet.training.weights import recipe_modules, weights
from tests.laws.models import digits

PLAN = Training(epochs=2, batch_size=16, precision="fp32", ema=0.9)
ROWS = 61
"""Three batches of 16 rows, and one of 13, which two processes cannot halve."""
MLP: dict[str, Any] = {"kind": "mlp", "hidden": (16,)}


def job_for(variant: str, network: dict[str, Any] = MLP, **options: Any) -> Job:
    """A small job on images with labels, of which the semi-supervised variant misses some."""
    X, y = digits()
    of = variants.get(variant)
    y = y[:ROWS].astype(np.int64)
    if of.unlabelled is not None:
        y[::3] = of.unlabelled
    vae = VAE(of(**of.images_by), latent_dim=3, network=network, calibration=0.0, training=PLAN, **options)
    return job_of(vae, X[:ROWS], X[:ROWS], y)


def context_job(context: str) -> Job:
    """A small job with a context decoder, on rows that it takes."""
    draw = np.random.default_rng(0)
    options: dict[str, Any] = {"context": context, "network": MLP, "latent_dim": 3, "calibration": 0.0}
    if context == "columns":
        number = draw.normal(size=ROWS)
        X = pd.DataFrame({"a": number, "b": 2 * number + draw.normal(size=ROWS), "c": draw.choice(["x", "y"], ROWS)})
        X = X.mask(draw.random(X.shape) < 0.1)
    elif context == "grid":
        X = digits()[0][:ROWS]
    else:
        series = draw.normal(size=(ROWS, 12)).cumsum(1).astype(np.float32)
        X, options["layout"] = series if context == "steps" else (series * 2).round() % 4, "steps"
        options["kind"] = "real" if context == "steps" else "token"
    vae = VAE(training=PLAN, **options)
    array, table = training_cells(X, vae.kind, None, None, {}, (), vae.layout == "steps")
    return job_of(vae, X, array, table=table)


def apart(one: Recipe, other: Recipe) -> float:
    """The largest difference of two weights, and infinity if any is not finite."""
    mine, theirs = weights(recipe_modules(one)), weights(recipe_modules(other))
    assert mine.keys() == theirs.keys()
    worst = max(float((mine[n].double() - t.double()).abs().max()) for n, t in theirs.items() if t.numel())
    return worst if math.isfinite(worst) else math.inf
