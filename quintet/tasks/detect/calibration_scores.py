"""Calibration scores stored in a model, and the score threshold at a given false alarm rate."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from quintet.errors import Unanswerable
from quintet.models.fitted import Fitted
from quintet.tasks.detect.p_values import threshold
from quintet.tasks.detect.score_calibration import DEFAULT, ScoreCalibration

Array = npt.NDArray[np.float64]


def calibration_of(fitted: Fitted, free: bool) -> ScoreCalibration:
    """The stored calibration, computed with the rows' conditions or, if ``free``, without."""
    kept = fitted.artifacts.calibration_free if free else fitted.artifacts.calibration
    if kept is None or fitted.artifacts.row_index is None:
        raise Unanswerable(
            "This model has no reference rows, which detect and drift need: fit it again, with preset='fast' or 'best'."
        )
    return ScoreCalibration.read(kept)


def calibration_scores(fitted: Fitted, score: str = DEFAULT) -> Array:
    """Calibration scores behind the p-values of complete rows, (n,)."""
    return calibration_of(fitted, free=False).calibration_scores(score)


def score_limit(fitted: Fitted, false_alarms: float) -> float:
    """The default score above which a complete row has p <= ``false_alarms``, without its condition."""
    kept = fitted.artifacts.calibration_free or fitted.artifacts.calibration
    if kept is None:
        return 0.0
    return threshold(ScoreCalibration.read(kept).calibration_scores(DEFAULT), false_alarms)
