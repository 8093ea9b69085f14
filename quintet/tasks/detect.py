"""Detect: how strange is each row, how sure is that, and where does the surprise sit."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from quintet.data.rows import Rows
from quintet.errors import InputError, QuintetWarning, Unanswerable, nearest
from quintet.model.fitted import Fitted
from quintet.tasks.chunks import Progress
from quintet.tasks.detection.calibration import discoveries, p_values, rows_needed
from quintet.tasks.detection.gauge import COMPONENTS, DEFAULT, Gauge
from quintet.tasks.detection.measure import measure
from quintet.tasks.detection.prepare import prepare_reference

__all__ = ["Detections", "calibration_scores", "detect", "prepare_reference", "scores"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Detections:
    """The answer for n rows.

    ``scores`` (n,): higher is stranger. ``p_values`` (n,): the share of normal rows at least as strange.
    ``is_anomaly`` (n,): the decision at the false discovery rate asked for. ``where`` (n, *row_shape): the surprise of
    each cell given all others, in nats beyond what that cell costs in normal rows, 0 where it costs no more and in
    holes. ``components`` {name: (n,)}: every score by name.
    """

    scores: Array
    p_values: Array
    is_anomaly: npt.NDArray[np.bool_]
    where: npt.NDArray[np.float32]
    components: dict[str, Array]


def detect(
    fitted: Fitted,
    rows: Rows,
    *,
    fdr: float = 0.05,
    score: str = DEFAULT,
    batch_rows: int = 256,
    progress: Progress | None = None,
) -> Detections:
    """Score rows against the training rows and call anomalies.

    Parameters
    ----------
    fdr : bound on the expected share of normal rows among those called anomalies, 0..1.
    score : "default", or the name of one component; the p-values are that score's own.
    """
    if isinstance(fdr, bool) or not isinstance(fdr, int | float) or not 0 <= fdr <= 1:
        raise InputError(f"fdr={fdr!r} came; allowed is a share of false alarms among the alarms, 0 to 1.")
    gauge = _gauge(fitted, rows, score)
    measured = measure(fitted, rows, batch_rows=batch_rows, progress=progress, where=True)
    components = gauge.all_scores(measured)
    found = components[score]
    held = gauge.calibration_scores(score)
    p = p_values(found, held)
    _warn(rows_needed(p, len(held), fdr), len(held), fdr)
    over = (measured["surprise"] - fitted.reference["where.usual"]).clamp_(min=0)
    if rows.observed is not None:
        over.masked_fill_(~rows.observed, 0)
    where = fitted.schema.to_user_layout(over.numpy())
    return Detections(found, p, discoveries(p, fdr), where, components)


def scores(
    fitted: Fitted,
    rows: Rows,
    *,
    score: str = DEFAULT,
    batch_rows: int = 256,
    progress: Progress | None = None,
) -> Array:
    """The score of each row alone, (n,); higher is stranger."""
    gauge = _gauge(fitted, rows, score)
    return gauge.all_scores(measure(fitted, rows, batch_rows=batch_rows, progress=progress))[score]


def calibration_scores(fitted: Fitted, score: str = DEFAULT) -> Array:
    """Scores of the normal rows that p-values are taken against, (n,)."""
    return Gauge.read(fitted.reference, "calibration").calibration_scores(score)


def _gauge(fitted: Fitted, rows: Rows, score: str) -> Gauge:
    if "row.points" not in fitted.reference:
        raise Unanswerable("This model was kept without reference rows, which detect needs: fit it again.")
    known = (DEFAULT, *COMPONENTS)
    if score not in known:
        raise InputError(f"score={score!r} is not known: {nearest(score, known)}.")
    free = fitted.schema.condition is not None and rows.condition is None
    return Gauge.read(fitted.reference, "calibration.free" if free else "calibration")


def _warn(needed: int, held: int, fdr: float) -> None:
    if needed:
        warnings.warn(
            f"{held} calibration rows are too few to call the strangest of these rows at fdr={fdr:g}: {needed} are "
            "needed; hold out more rows (calibration=) or ask for a larger fdr.",
            QuintetWarning,
            stacklevel=3,
        )
