"""Detect: how strange is each row, how sure is that, and where does the surprise sit."""

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
from quintet.tasks.detect.messages import few_for_share, untrusted
from quintet.tasks.detect.p_values import p_values, threshold
from quintet.tasks.detect.p_values_missing_cells import compare_under_masks, comparison_rounds
from quintet.tasks.detect.score_calibration import COMPONENTS, DEFAULT, ScoreCalibration, component_columns

FALSE_ALARMS = 0.05
"""Share of normal rows that are called where nothing else is asked for."""

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Detections:
    """The answer for n rows.

    ``scores`` (n,): higher is stranger. ``p_values`` (n,): the share of normal rows at least as strange, taken under
    the row's own holes. ``is_anomaly`` (n,): p <= false_alarms, or the decision at the false discovery rate asked for.
    ``where`` (n, *row_shape): the surprise of each cell given all others, in nats beyond what that cell costs in normal
    rows, 0 where it costs no more and in holes. ``components`` {name: (n,)}: every score by name. ``rule``: the
    decision in words. ``calibration_rows``: the fewest that a row was compared with; none has p below 1 / (these + 1).
    """

    scores: Array
    p_values: Array
    is_anomaly: npt.NDArray[np.bool_]
    where: npt.NDArray[np.float32]
    components: dict[str, Array]
    rule: str = ""
    calibration_rows: int = 0


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
    """Score rows against the training rows and call anomalies.

    Parameters
    ----------
    fdr : bound on the expected share of normal rows among those called anomalies, 0..1 (Benjamini and Hochberg); None:
        rows with p <= ``false_alarms`` are called.
    false_alarms : share of normal rows that are called where ``fdr`` is None, above 0 and below 1; None: .05.
    score : "default", or the name of one component; the p-values are that score's own.
    effort : with how many calibration rows a row that has holes is compared: "low" 128, "normal" up to 1,024, fewer
        where it is plainly usual, "high" 1,024.
    """
    rule = Decision.of(fdr, false_alarms, FALSE_ALARMS)
    comparison_rounds(effort)
    gauge = _gauge(fitted, rows, score)
    measured = measure(fitted, rows, batch_rows=batch_rows, progress=progress, where=True)
    components = gauge.all_scores(measured)
    found = components[score]
    assert fitted.artifacts.usual_surprise is not None
    usual = fitted.artifacts.usual_surprise.usual.expand(rows.values.shape)
    judged = _judged(fitted, rows, gauge, score, found, rule.false_alarms, effort, batch_rows, progress, usual)
    rule.warn(judged.p_values, judged.held)
    over = (measured["surprise"] - judged.usual).clamp_(min=0)
    if rows.observed is not None:
        over.masked_fill_(~rows.observed, 0)
    where = fitted.schema.to_user_layout(over.numpy())
    called = rule.called(judged.p_values)
    return Detections(found, judged.p_values, called, where, components, str(rule), judged.held)


def scores(
    fitted: Fitted,
    rows: Rows,
    *,
    score: str = DEFAULT,
    batch_rows: int = 256,
    progress: RowProgress | None = None,
) -> Array:
    """The score of each row alone, (n,); higher is stranger."""
    gauge = _gauge(fitted, rows, score)
    return gauge.all_scores(measure(fitted, rows, batch_rows=batch_rows, progress=progress))[score]


def decisions(
    fitted: Fitted, rows: Rows, false_alarms: float, *, batch_rows: int = 256, progress: RowProgress | None = None
) -> Array:
    """How far the default score of each row lies beyond the one from which p <= ``false_alarms``, (n,)."""
    gauge = _gauge(fitted, rows, DEFAULT)
    found = scores(fitted, rows, batch_rows=batch_rows, progress=progress)
    judged = _judged(fitted, rows, gauge, DEFAULT, found, false_alarms, "normal", batch_rows, progress, None)
    few_for_share(len(rows), judged.held, false_alarms)
    return judged.margin


@dataclass(frozen=True)
class _Judged:
    """``p_values`` and ``margin`` (n,); ``usual`` (n, *shape): nats; ``held``: the fewest calibration rows of a row."""

    p_values: Array
    margin: Array
    usual: Tensor
    held: int


def _judged(
    fitted: Fitted,
    rows: Rows,
    gauge: ScoreCalibration,
    score: str,
    found: Array,
    false_alarms: float,
    effort: str,
    batch_rows: int,
    progress: RowProgress | None,
    usual: Tensor | None,
) -> _Judged:
    """Scores beside those of calibration rows that see the same cells."""
    table = gauge.calibration_scores(score)
    margin, held = found - threshold(table, false_alarms), len(table)
    base = torch.zeros(0, dtype=torch.float32) if usual is None else usual
    judged = _Judged(p_values(found, table), margin, base, held)
    kept = CalibrationRows.read(fitted.artifacts.calibration_set)
    full = rows.observed is None
    if kept is None:
        if not full or (fitted.schema.missing and len(table)):
            untrusted()
        return judged
    whole = np.ones(len(rows), bool) if rows.observed is None else rows.observed.flatten(1).all(1).numpy()
    apart = np.flatnonzero(~whole) if len(table) else np.arange(len(rows))
    if not len(apart):
        return judged
    scorer = Scorer(fitted, kept, fitted.schema.condition is not None and rows.condition is None, batch_rows)
    compared = compare_under_masks(
        scorer,
        rows.take(torch.from_numpy(apart)),
        found[apart],
        lambda table: gauge.all_scores(component_columns(table))[score],
        false_alarms=false_alarms,
        effort=effort,
        where=usual is not None,
        progress=progress,
    )
    judged.p_values[apart], judged.margin[apart] = compared.p_values, compared.margin
    if usual is not None:
        base = base.clone()
        base[torch.from_numpy(apart)] = compared.usual
    fewest = compared.fewest if len(apart) == len(rows) else min(held, compared.fewest)
    return _Judged(judged.p_values, judged.margin, base, fewest)


def _gauge(fitted: Fitted, rows: Rows, score: str) -> ScoreCalibration:
    free = fitted.schema.condition is not None and rows.condition is None
    calibration = calibration_of(fitted, free)
    known = (DEFAULT, *COMPONENTS)
    if score not in known:
        raise InputError(f"score={score!r} is not known: {nearest(score, known)}.")
    return calibration
