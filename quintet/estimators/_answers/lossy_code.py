"""The lossy code of images, learnt from rows; ``compress(X, lossy=...)`` uses it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TypeVar

import torch

from quintet.arguments import Count, Positive, RandomState, RowsLike
from quintet.entry_points import public
from quintet.errors import InputError
from quintet.estimators._answers.fitted_estimator import FittedEstimator, fitted_for, seed_for
from quintet.estimators._input.user_rows import rows_of
from quintet.estimators.progress import progress_bar
from quintet.models.block_code.axes import LEVELS, has_blocks
from quintet.models.block_code.learn import IMAGES, learn
from quintet.models.block_code.network import GROUPS
from quintet.noise import Noise

Estimator = TypeVar("Estimator", bound=FittedEstimator)
STEPS = 2_000
"""Training steps by default."""
CELLS = 2**26
"""Cells of the rows that the code is learnt from, at most; of more rows some are chosen at random."""


@public
def fit_lossy(
    self: Estimator,
    X: RowsLike,
    *,
    epochs: Count | None = None,
    max_minutes: Positive | None = None,
    random_state: RandomState | None = None,
) -> Estimator:
    """Learn a lossy code of images for ``compress(X, lossy=...)``; the saved file keeps it.

    Without it the lossy code stores latents alone, which hold little of a natural image.

    Parameters
    ----------
    X : (n, *row_shape), the training rows or others like them.
    epochs : passes over X; None: as many as make 2,000 steps.
    max_minutes : limit on the duration.
    """
    fitted = fitted_for(self, "compress")
    schema = fitted.schema
    if not has_blocks(schema):
        raise InputError(
            f"fit_lossy needs a model of images of at least {LEVELS} grey levels and at most 4 channels, got "
            f"{schema.describe()}: compress(X, lossy=True) stores the latents of such rows."
        )
    if fitted.options.get("compact", False):
        raise InputError("fit_lossy needs a model of preset='fast' or 'best', got 'small', whose file keeps no code.")
    rows, _ = rows_of(self, X, schema)
    seed = seed_for(self, random_state)
    some = Noise((seed, 46)).uniform(len(rows))[0].argsort()[: max(1, CELLS // schema.size)]
    batch = rows.batch(some)
    x = torch.where(batch.observed, batch.x, schema.middle * schema.top) * (255 / schema.top)
    per_epoch = math.ceil(len(rows) / (GROUPS * IMAGES))
    count = STEPS if epochs is None else epochs * per_epoch
    seconds = math.inf if max_minutes is None else 60 * max_minutes
    with progress_bar(self.verbose) as progress:
        report = None if progress is None else lambda done, total: progress("train the lossy code", done, total)
        code = learn(x, seed, count, seconds, report)
    fitted.artifacts = replace(fitted.artifacts, block_code=code)
    return self
