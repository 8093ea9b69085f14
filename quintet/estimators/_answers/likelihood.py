"""How probable rows are: log p(x) and its lower bound."""

from __future__ import annotations

import numpy as np

from quintet.arguments import BatchRows, Condition, Draws, Labels, Missing, RandomState, RowsLike, Weights
from quintet.data.schema import Array
from quintet.entry_points import public
from quintet.estimators._answers.fitted_estimator import FittedEstimator, fitted_for, seed_for
from quintet.estimators._input.finite_answers import sound
from quintet.estimators._input.user_rows import rows_of, sample_weights
from quintet.estimators.progress import progress_bar
from quintet.inference import likelihood as task


@public
@sound
def log_prob(
    self: FittedEstimator,
    X: RowsLike,
    condition: Condition | None = None,
    *,
    draws: Draws = 100,
    mask: Missing | None = None,
    batch_rows: BatchRows = 256,
    random_state: RandomState | None = None,
) -> Array:
    """log p(x) of each row in nats, (n,), by importance sampling from the posterior; of its observed cells.

    Probabilities for ``image8`` and ``binary``, densities in the user's units for ``unit`` and ``real``. Without
    ``condition`` a conditional model sums over the conditions of its training rows.
    """
    fitted = fitted_for(self, "log_prob")
    rows, _ = rows_of(self, X, fitted.schema, condition, mask)
    seed = seed_for(self, random_state)
    with progress_bar(self.verbose) as progress:
        found = task.log_prob(fitted, rows, draws=draws, batch_rows=batch_rows, seed=seed, progress=progress)
    return np.asarray(found, dtype=np.float64)


@public
@sound
def score(
    self: FittedEstimator,
    X: RowsLike,
    y: Labels | None = None,
    sample_weight: Weights | None = None,
    *,
    mask: Missing | None = None,
    batch_rows: BatchRows = 256,
) -> float:
    """Mean evidence lower bound in nats a row, so that a grid search can choose; higher is better.

    Parameters
    ----------
    y : the condition of each row for a conditional model; others ignore it.
    sample_weight : (n,), how much each row counts in the mean; None: all alike.
    """
    fitted = fitted_for(self, "score")
    rows, _ = rows_of(self, X, fitted.schema, y if fitted.schema.condition is not None else None, mask)
    with progress_bar(self.verbose) as progress:
        found = task.elbo(fitted, rows, batch_rows=batch_rows, seed=self.seed_, progress=progress)
    weight = sample_weights(sample_weight, len(rows))
    if weight is None:
        return float(found.mean())
    used = np.flatnonzero(weight)
    return float(np.average(found.double().numpy()[used], weights=weight[used]))
