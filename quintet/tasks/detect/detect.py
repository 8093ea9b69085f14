"""Detect: anomaly scores, p-values, decisions, and the surprise of each cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from quintet.data.dataset import Rows
from quintet.errors import InputError, nearest
from quintet.inference.chunks import RowProgress
from quintet.models.fitted import Fitted
from quintet.tasks.detect.calibration_missing_cells import Scorer
from quintet.tasks.detect.calibration_rows import CalibrationRows
from quintet.tasks.detect.calibration_scores import calibration_of
from quintet.tasks.detect.components import measure
from quintet.tasks.detect.decision import Decision
from quintet.tasks.detect.detections import Detections
from quintet.tasks.detect.messages import warn_few_for_share, warn_no_calibration_rows
from quintet.tasks.detect.p_values import p_values, threshold
from quintet.tasks.detect.p_values_missing_cells import compare_under_masks, comparison_rounds
from quintet.tasks.detect.score_calibration import COMPONENTS, DEFAULT, PEAK, ScoreCalibration, component_columns

FALSE_ALARMS = 0.05
"""Default share of normal rows that are flagged."""

Array = npt.NDArray[np.float64]


def detect(
    fitted: Fitted,
    rows: Rows,
    *,
    fdr: float | None = None,
    false_alarms: float | None = None,
    score: str = DEFAULT,
    effort: str = "normal",
    batch_rows: int = 256,
    progress: RowProgress | None = None,
) -> Detections:
    """Score rows against the training rows and decide which are anomalies.

    Parameters
    ----------
    fdr : bound on the expected share of normal rows among the anomalies, 0..1 (Benjamini and Hochberg); None: rows with
        p <= ``false_alarms`` are anomalies.
    false_alarms : share of normal rows that are flagged if ``fdr`` is None, above 0 and below 1; None: .05.
    score : "default", or the name of one component; the p-values are those of this score.
    effort : number of calibration rows that a row with missing cells is compared with: "low" 128; "normal" up to 1,024,
        fewer for rows that are clearly normal; "high" 1,024.
    """
    rule = Decision.of(fdr, false_alarms, FALSE_ALARMS)
    comparison_rounds(effort)
    calibration = _calibration_for(fitted, rows, score)
    measured = measure(fitted, rows, batch_rows=batch_rows, progress=progress, where=True)
    components = calibration.all_scores(measured)
    found = components[score]
    assert fitted.artifacts.usual_surprise is not None
    usual = fitted.artifacts.usual_surprise.usual.expand(rows.values.shape)
    calibrated = _calibrated(
        fitted, rows, calibration, score, found, rule.false_alarms, effort, batch_rows, progress, usual
    )
    rule.warn(calibrated.p_values, calibrated.held)
    over = (measured["surprise"] - calibrated.usual).clamp_(min=0)
    if rows.observed is not None:
        over.masked_fill_(~rows.observed, 0)
    where = fitted.schema.to_user_layout(over.numpy())
    is_anomaly = rule.anomalies(calibrated.p_values)
    columns = fitted.schema.feature_names or ()
    return Detections(found, calibrated.p_values, is_anomaly, where, components, str(rule), calibrated.held, columns)


def scores(
    fitted: Fitted,
    rows: Rows,
    *,
    score: str = DEFAULT,
    batch_rows: int = 256,
    progress: RowProgress | None = None,
    without: Tensor | None = None,
) -> Array:
    """The score of each row alone, (n,); higher is stranger.

    Parameters
    ----------
    without : (n, 2), start and stop of the reference rows that do not count as neighbours of a row; None: all count.
    """
    calibration = _calibration_for(fitted, rows, score)
    measured = measure(fitted, rows, batch_rows=batch_rows, progress=progress, without=without)
    return calibration.all_scores(measured)[score]


def decisions(
    fitted: Fitted, rows: Rows, false_alarms: float, *, batch_rows: int = 256, progress: RowProgress | None = None
) -> Array:
    """Default score of each row less the threshold of p <= ``false_alarms``, (n,)."""
    calibration = _calibration_for(fitted, rows, DEFAULT)
    found = scores(fitted, rows, batch_rows=batch_rows, progress=progress)
    calibrated = _calibrated(
        fitted, rows, calibration, DEFAULT, found, false_alarms, "normal", batch_rows, progress, None
    )
    warn_few_for_share(len(rows), calibrated.held, false_alarms)
    return calibrated.margin


@dataclass(frozen=True)
class _Calibrated:
    """``p_values`` and ``margin`` (n,); ``usual`` (n, *shape) in nats; ``held``: fewest calibration rows of a row."""

    p_values: Array
    margin: Array
    usual: Tensor
    held: int


def _calibrated(
    fitted: Fitted,
    rows: Rows,
    calibration: ScoreCalibration,
    score: str,
    found: Array,
    false_alarms: float,
    effort: str,
    batch_rows: int,
    progress: RowProgress | None,
    usual: Tensor | None,
) -> _Calibrated:
    """Compare scores with those of calibration rows under the same masks."""
    table = calibration.calibration_scores(score)
    margin, held = found - threshold(table, false_alarms), len(table)
    base = torch.zeros(0, dtype=torch.float32) if usual is None else usual
    calibrated = _Calibrated(p_values(found, table), margin, base, held)
    kept = CalibrationRows.read(fitted.artifacts.calibration_set)
    full = rows.observed is None
    if kept is None:
        if not full or (fitted.schema.missing and len(table)):
            warn_no_calibration_rows()
        return calibrated
    whole = np.ones(len(rows), bool) if rows.observed is None else rows.observed.flatten(1).all(1).numpy()
    apart = np.flatnonzero(~whole) if len(table) else np.arange(len(rows))
    if not len(apart):
        return calibrated
    scorer = Scorer(fitted, kept, fitted.schema.condition is not None and rows.condition is None, batch_rows)
    compared = compare_under_masks(
        scorer,
        rows.take(torch.from_numpy(apart)),
        found[apart],
        lambda table: calibration.all_scores(component_columns(table))[score],
        false_alarms=false_alarms,
        effort=effort,
        where=usual is not None,
        progress=progress,
    )
    calibrated.p_values[apart], calibrated.margin[apart] = compared.p_values, compared.margin
    if usual is not None:
        base = base.clone()
        base[torch.from_numpy(apart)] = compared.usual
    fewest = compared.fewest if len(apart) == len(rows) else min(held, compared.fewest)
    return _Calibrated(calibrated.p_values, calibrated.margin, base, fewest)


def _calibration_for(fitted: Fitted, rows: Rows, score: str) -> ScoreCalibration:
    free = fitted.schema.condition is not None and rows.condition is None
    calibration = calibration_of(fitted, free)
    known = (DEFAULT, *COMPONENTS, *((PEAK,) if PEAK in calibration.measured else ()))
    if score not in known:
        raise InputError(f"score={score!r} is not known: {nearest(score, known)}.")
    return calibration
