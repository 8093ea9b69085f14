"""The question ``detect``, also by scikit-learn's convention for outlier detectors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from quintet.arguments import BatchRows, Condition, Effort, Missing, OpenShare, RandomState, RowsLike, Share
from quintet.data.schema import Array
from quintet.entry_points import public
from quintet.errors import warn
from quintet.estimators._answers.fitted_estimator import FittedEstimator, fitted_for
from quintet.estimators._input.finite_answers import sound
from quintet.estimators._input.user_rows import rows_of
from quintet.estimators.progress import progress_bar
from quintet.tasks.detect import detect as task
from quintet.tasks.detect.decision import Decision, share_of
from quintet.tasks.detect.detections import Detections


@public
@sound
def detect(
    self: FittedEstimator,
    X: RowsLike,
    *,
    fdr: Share | None = None,
    false_alarms: OpenShare | None = None,
    score: str = "default",
    condition: Condition | None = None,
    mask: Missing | None = None,
    effort: Effort = "normal",
    batch_rows: BatchRows = 256,
    random_state: RandomState | None = None,
) -> Detections:
    """How anomalous each row is, with a p-value, and in which cells.

    Parameters
    ----------
    fdr : bound on the expected share of normal rows among those called anomalies (Benjamini-Hochberg); None: rows
        with p <= ``false_alarms`` are called, as by ``predict``.
    false_alarms : share of normal rows that are called where ``fdr`` is None; None: the estimator's own.
    score : "default", or one component by name.
    effort : with how many calibration rows a row with missing cells is compared, each with those cells hidden: "low"
        128, "normal" up to 1,024, fewer where the row is plainly normal, "high" 1,024. Full rows are compared with
        all calibration rows.
    random_state : deprecated; the answer is the same for every seed.

    Returns
    -------
    Detections
        ``scores`` (n,), higher is stranger; ``p_values`` (n,) against held-out normal rows; ``is_anomaly`` (n,);
        ``where`` (n, *row_shape), nats of surprise of each cell; ``components``, every score by name.
    """
    fitted = fitted_for(self, "detect")
    if random_state is not None:
        warn(
            "random_state of detect is deprecated and will be removed: the answer is the same for every seed.",
            FutureWarning,
        )
    rule = Decision.of(fdr, false_alarms, self.false_alarms)
    rows, _ = rows_of(self, X, fitted.schema, condition, mask)
    with progress_bar(self.verbose) as progress:
        found = task.detect(
            fitted,
            rows,
            fdr=fdr,
            false_alarms=rule.false_alarms if fdr is None else None,
            score=score,
            effort=effort,
            batch_rows=batch_rows,
            progress=progress,
        )
    return replace(found, index=getattr(X, "index", None) if hasattr(X, "iloc") else None)


@public
@sound
def score_samples(
    self: FittedEstimator,
    X: RowsLike,
    condition: Condition | None = None,
    *,
    mask: Missing | None = None,
    batch_rows: BatchRows = 256,
) -> Array:
    """How normal each row is, (n,): the score of ``detect``, negated; higher is more normal."""
    fitted = fitted_for(self, "detect")
    rows, _ = rows_of(self, X, fitted.schema, condition, mask)
    with progress_bar(self.verbose) as progress:
        found = task.scores(fitted, rows, batch_rows=batch_rows, progress=progress)
    return -np.asarray(found, dtype=np.float64)


@public
def decision_function(
    self: FittedEstimator,
    X: RowsLike,
    condition: Condition | None = None,
    *,
    mask: Missing | None = None,
    batch_rows: BatchRows = 256,
) -> Array:
    """How far on the normal side of the threshold each row is, (n,): negative for outliers.

    ``score_samples`` less ``offset_``; of rows with missing cells, less the threshold under the same missing cells.
    """
    fitted = fitted_for(self, "detect")
    rows, _ = rows_of(self, X, fitted.schema, condition, mask)
    with progress_bar(self.verbose) as progress:
        beyond = task.decisions(fitted, rows, share_of(self.false_alarms), batch_rows=batch_rows, progress=progress)
    return -np.asarray(beyond, dtype=np.float64)


@public
def predict(
    self: FittedEstimator,
    X: RowsLike,
    condition: Condition | None = None,
    *,
    mask: Missing | None = None,
    batch_rows: BatchRows = 256,
) -> Array:
    """-1 where p <= ``false_alarms`` and 1 elsewhere, (n,): a normal row gets -1 at most so often."""
    normal = decision_function(self, X, condition, mask=mask, batch_rows=batch_rows) >= 0
    return np.where(normal, 1, -1)
