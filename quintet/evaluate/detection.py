"""How well a score tells strange rows from normal ones."""

from __future__ import annotations

import numpy as np

from quintet.arguments import Figures
from quintet.entry_points import public
from quintet.evaluate.alike import alike


@public
def auroc(strange: Figures, scores: Figures) -> float:
    """Area under the ROC curve: P(a strange row scores higher than a normal one), ties counted half.

    Hanley and McNeil, "The meaning and use of the area under a receiver operating characteristic curve", 1982: the
    rank-sum statistic of Mann and Whitney. NaN where there are no strange or no normal rows.

    Parameters
    ----------
    strange : (n,) of bool or 0 and 1.
    scores : (n,); higher is stranger.
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
