"""Conformal p-values, thresholds and the Benjamini-Hochberg procedure."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.stats import false_discovery_control

Array = npt.NDArray[np.float64]

CEILING = 1e9
"""Largest default score, and threshold of ``predict`` if no p-value can be as small as ``false_alarms``."""


def p_values(scores: Array, calibration: Array) -> Array:
    """P(a normal row scores at least as high), (n,): (1 + #{calibration >= score}) / (calibration rows + 1).

    Split conformal p-values (Vovk et al., 2005; Laxhammar and Falkman, 2015; Bates et al., "Testing for outliers with
    conformal p-values", 2023): for a normal row, exchangeable with the calibration rows, P(p <= t) <= t for every t.
    """
    ordered = np.sort(np.asarray(calibration, dtype=np.float64))
    below = np.searchsorted(ordered, np.asarray(scores, dtype=np.float64), side="left")
    return np.asarray((1.0 + len(ordered) - below) / (len(ordered) + 1.0), dtype=np.float64)


def rank_of(calibration: int, false_alarms: float) -> int:
    """Rank k such that p <= ``false_alarms`` means a score above the k-th largest of ``calibration`` scores.

    0 if no p-value can be that small; the smallest is 1 / (calibration + 1).
    """
    return min(math.floor(false_alarms * (calibration + 1) + 1e-9), calibration)


def threshold(calibration: Array, false_alarms: float) -> float:
    """The score above which p <= ``false_alarms``: the k-th largest of n, k = floor(false_alarms (n + 1)).

    ``CEILING``, which no score exceeds, if no p-value can be that small.
    """
    k = rank_of(len(calibration), false_alarms)
    return float(np.sort(calibration)[-k]) if k else CEILING


def discoveries(p: Array, fdr: float) -> npt.NDArray[np.bool_]:
    """Anomalies at an expected false discovery rate of at most ``fdr``, (n,) of bool.

    Benjamini and Hochberg, 1995: the k smallest p-values, k the largest with p₍ₖ₎ <= fdr k / n. Conformal p-values that
    share their calibration rows are positively dependent, under which the bound holds (Bates et al., 2023, theorem 2).
    """
    if not len(p) or fdr <= 0:
        return np.zeros(len(p), dtype=bool)
    return np.asarray(false_discovery_control(p) <= fdr * (1 + 1e-12))


def rows_needed(p: Array, calibration: int, fdr: float) -> int:
    """Number of calibration rows needed to call the strangest rows at ``fdr``; 0 if ``calibration`` rows suffice.

    The smallest p-value with ``calibration`` rows is 1 / (calibration + 1); the m of n rows that have it are called if
    it is at most fdr m / n. The number is positive only if more rows could help: if m is more than five times the
    n / (calibration + 1) expected of normal rows, or if the smallest p-value exceeds ``fdr``.
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
