"""Area under the ROC curve of anomaly scores."""

from __future__ import annotations

import numpy as np

from quintet.arguments import Figures
from quintet.entry_points import public
from quintet.evaluate.alike import alike


@public
def auroc(strange: Figures, scores: Figures) -> float:
    """Area under the ROC curve: P(an anomalous row scores above a normal one), with ties counted half.

    Hanley and McNeil, "The meaning and use of the area under a receiver operating characteristic curve", 1982: the
    rank-sum statistic of Mann and Whitney. NaN without anomalous or without normal rows.

    Parameters
    ----------
    strange : (n,) of bool or 0 and 1.
    scores : (n,); higher is more anomalous.
    """
    alike("scores", scores, "strange", strange)
    truth, values = np.asarray(strange).astype(bool).ravel(), np.asarray(scores, dtype=np.float64).ravel()
    positive = int(truth.sum())
    negative = truth.size - positive
    if not positive or not negative:
        return float("nan")
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return float((ranks[truth].sum() - positive * (positive + 1) / 2) / (positive * negative))
