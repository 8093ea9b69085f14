"""From scores to p-values and decisions, against scores of normal rows that were held out."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def p_values(scores: Array, calibration: Array) -> Array:
    """P(a normal row scores at least as high), (n,): (1 + #{calibration >= score}) / (calibration rows + 1).

    Split conformal p-values (Vovk et al., 2005; Laxhammar and Falkman, 2015; Bates et al., "Testing for outliers with
    conformal p-values", 2023): for a normal row, exchangeable with the calibration rows, P(p <= t) <= t for every t.
    """
    ordered = np.sort(np.asarray(calibration, dtype=np.float64))
    below = np.searchsorted(ordered, np.asarray(scores, dtype=np.float64), side="left")
    return np.asarray((1.0 + len(ordered) - below) / (len(ordered) + 1.0), dtype=np.float64)


def discoveries(p: Array, fdr: float) -> npt.NDArray[np.bool_]:
    """Which rows to call anomalies so that the expected share of false ones among them is at most ``fdr``.

    Benjamini and Hochberg, 1995: the k smallest p-values, k the largest with p₍ₖ₎ <= fdr k / n. Conformal p-values that
    share their calibration rows are positively dependent, under which the bound holds (Bates et al., 2023, theorem 2).
    """
    n = len(p)
    ordered = np.sort(p)
    passing = np.flatnonzero(ordered <= fdr * np.arange(1, n + 1) / max(n, 1) * (1 + 1e-12))
    if fdr <= 0 or not len(passing):
        return np.zeros(n, dtype=bool)
    return np.asarray(p <= ordered[passing[-1]])


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
