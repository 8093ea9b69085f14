"""What a model and its synthetic rows give away about the training rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from quintet import evaluate as task
from quintet.arguments import BatchRows, RandomState, RowsLike
from quintet.data.schema import Array
from quintet.entry_points import public
from quintet.errors import Unanswerable
from quintet.estimators._answers.fitted_estimator import FittedEstimator, fitted_for, seed_for
from quintet.estimators._answers.generation import generate
from quintet.estimators._input.user_rows import rows_of
from quintet.evaluate.privacy import MOST, Privacy, chosen_rows
from quintet.inference.likelihood import elbo
from quintet.inference.missing_pattern import has_pattern

DRAWN = 10_000
"""Most rows that are generated where none are given."""


@public
def privacy(
    self: FittedEstimator,
    train: RowsLike,
    holdout: RowsLike,
    *,
    synthetic: RowsLike | None = None,
    batch_rows: BatchRows = 256,
    random_state: RandomState | None = None,
) -> Privacy:
    """How close synthetic rows are to the training rows, beside held-out rows, and two membership attacks.

    Two missing cells are the same, and a missing cell differs from every value, as two different levels do.

    Parameters
    ----------
    train : the rows that trained the model, or a random part of them.
    holdout : rows of the same distribution that did not.
    synthetic : rows to judge; None: as many rows of ``generate`` as ``train`` has, at most 10,000, with cells missing
        as in training where the model has learnt that.

    Returns
    -------
    Privacy
        ``dcr_share``, ``copies``, ``attack_by_distance``, ``attack_by_likelihood``, the distances themselves, and all
        of it by name as ``figures``. A share and an AUROC of 0.5 mean that nothing leaks.
    """
    fitted = fitted_for(self)
    seed = seed_for(self, random_state)
    known, new = (rows_of(self, X, fitted.schema) for X in (train, holdout))
    count = min(len(known[0]), len(new[0]), MOST)
    log_prob: list[Any] = [None, None]
    try:
        for place, (rows, _) in enumerate((known, new)):
            some = rows.take(torch.from_numpy(chosen_rows(len(rows), count, seed)))
            log_prob[place] = elbo(fitted, some, batch_rows=batch_rows, seed=seed).double().numpy()
    except Unanswerable:  # without a likelihood the other figures are still of use
        log_prob = [None, None]
    if synthetic is None:
        count = min(len(known[0]), DRAWN)
        synthetic = generate(self, count, missing=has_pattern(fitted.model), random_state=seed)
    made = rows_of(self, synthetic, fitted.schema)[1]
    levels = np.array(fitted.schema.codes or (0,) * fitted.schema.size) > 0
    return task.privacy(_flat(known[1]), _flat(new[1]), _flat(made), levels, log_prob[0], log_prob[1], seed=seed)


def _flat(array: Array) -> Array:
    return np.asarray(array, dtype=np.float64).reshape(len(array), -1)
