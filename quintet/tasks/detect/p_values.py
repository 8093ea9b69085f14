"""From scores to p-values and decisions, against scores of normal rows that were held out."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.stats import false_discovery_control

Array = npt.NDArray[np.float64]

CEILING = 1e9
"""The largest default score; the threshold of ``predict`` where no p-value can be as small as ``false_alarms``."""


def p_values(scores: Array, calibration: Array) -> Array:
    """P(a normal row scores at least as high), (n,): (1 + #{calibration >= score}) / (calibration rows + 1).

    Split conformal p-values (Vovk et al., 2005; Laxhammar and Falkman, 2015; Bates et al., "Testing for outliers with
    conformal p-values", 2023): for a normal row, exchangeable with the calibration rows, P(p <= t) <= t for every t.
    """
    ordered = np.sort(np.asarray(calibration, dtype=np.float64))
    below = np.searchsorted(ordered, np.asarray(scores, dtype=np.float64), side="left")
    return np.asarray((1.0 + len(ordered) - below) / (len(ordered) + 1.0), dtype=np.float64)


def rank_of(calibration: int, false_alarms: float) -> int:
    """How many of ``calibration`` rows may score at least as high as a row with p <= ``false_alarms``, plus one.

    0: no p-value can be that small; the smallest is 1 / (calibration + 1).
    """
    return min(math.floor(false_alarms * (calibration + 1) + 1e-9), calibration)


def threshold(calibration: Array, false_alarms: float) -> float:
    """The score beyond which p <= ``false_alarms``: the k-th largest of n, k = floor(false_alarms (n + 1)).

    ``CEILING``, which no score exceeds, where no p-value can be that small.
    """
    k = rank_of(len(calibration), false_alarms)
    return float(np.sort(calibration)[-k]) if k else CEILING


def discoveries(p: Array, fdr: float) -> npt.NDArray[np.bool_]:
    """Which rows to call anomalies so that the expected share of false ones among them is at most ``fdr``.

    Benjamini and Hochberg, 1995: the k smallest p-values, k the largest with p₍ₖ₎ <= fdr k / n. Conformal p-values that
    share their calibration rows are positively dependent, under which the bound holds (Bates et al., 2023, theorem 2).
    """
    if not len(p) or fdr <= 0:
        return np.zeros(len(p), dtype=bool)
    return np.asarray(false_discovery_control(p) <= fdr * (1 + 1e-12))


def rows_needed(p: Array, calibration: int, fdr: float) -> int:
    """How many calibration rows it takes before the strangest rows can be called at ``fdr``; 0 where these do.

    The smallest p-value that ``calibration`` rows allow is 1 / (calibration + 1); m of n rows that all have it are
    called once it is at most fdr m / n. Asked for only where more rows could help: where m is more than five times
    what normal rows alone would give, n / (calibration + 1), or where no p-value can ever be as small as ``fdr``.
    """
    n, smallest = len(p), 1.0 / (calibration + 1)
    if not 0 < fdr < 1 or not n:
        return 0
    m = int((p <= smallest * (1 + 1e-12)).sum())
    if smallest > fdr:
        m = m or n
    elif m <= 5 * n * smallest:
        return 0
    enough = math.ceil(n / (fdr * m) - 1e-9) - 1
    return enough if enough > calibration else 0
