"""Drift: new rows against the training and the calibration rows, by their scores and column by column.

All tests are of two samples. p-values of single normal rows are uniform, but they share their calibration rows: their
largest deviation from uniform is distributed as the largest difference of two samples, not of one from a known law.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.stats import false_discovery_control
from torch import Tensor

from quintet.artifacts.column_shares import ColumnShares
from quintet.data.dataset import Rows
from quintet.errors import Unanswerable
from quintet.inference.chunks import RowProgress
from quintet.models.fitted import Fitted
from quintet.tasks.detect.calibration_rows import CalibrationRows
from quintet.tasks.detect.calibration_scores import calibration_of
from quintet.tasks.detect.components import measure
from quintet.tasks.detect.score_calibration import ScoreCalibration, component_columns
from quintet.tasks.drift.column_changes import adjusted, column_changes
from quintet.tasks.drift.column_tests import Array, Change, two_samples

SCORED = 10_000
"""Most new rows that the model scores, evenly spaced; all of them count in the tests of values and missing cells."""


@dataclass(frozen=True)
class ColumnDrift:
    """One column: ``p_value`` of its tests together, ``q_value`` among all columns (Benjamini and Hochberg), and the
    change of the smallest p-value; None where nothing of the column could be compared."""

    cell: int
    p_value: float
    q_value: float
    change: Change | None


@dataclass(frozen=True)
class DriftTests:
    """``p_value`` that all rows have one distribution, ``score_p_value`` of the scores alone, and the ``columns``, none
    of images."""

    p_value: float
    score_p_value: float
    columns: tuple[ColumnDrift, ...]


def drift(fitted: Fitted, rows: Rows, *, batch_rows: int = 256, progress: RowProgress | None = None) -> DriftTests:
    """Test whether rows are distributed as those of training.

    The score and each of its components are compared with those of the calibration rows, and combined by Simes'
    procedure, as are the columns; the overall p-value is twice the smaller of the two, at most 1.
    """
    free = fitted.schema.condition is not None and rows.condition is None
    calibration = calibration_of(fitted, free)
    shares = _shares_of(fitted)
    held = CalibrationRows.read(fitted.artifacts.calibration_set)
    full = rows.observed is None or bool(rows.observed.all())
    compared_again = shares is not None or not full or not len(calibration.counting)
    if held is None and compared_again:
        raise Unanswerable(
            "This model has no calibration rows, which drift compares new rows with: fit it again on more rows, with "
            "calibration above 0."
        )
    sample = rows.take(_spaced(len(rows), SCORED))
    found, before = _measured(fitted, sample, held if compared_again else None, free, batch_rows, progress)
    score_p = _simes(_score_tests(calibration, found, before, full))
    if shares is None:
        return DriftTests(score_p, score_p, ())
    assert before is not None
    changes = column_changes(fitted, rows, shares, _seen(before), _seen(found))
    columns = tuple(ColumnDrift(cell, p, q, change) for cell, (p, q, change) in enumerate(adjusted(changes)))
    both = min(1.0, 2 * min(score_p, *(column.q_value for column in columns)))
    return DriftTests(both, score_p, columns)


@dataclass(frozen=True)
class _Measured:
    """Components of rows by name, (n,), "surprise" (n, *row) in nats, and which cells were observed, or None: all."""

    components: dict[str, Tensor]
    observed: Tensor | None


def _shares_of(fitted: Fitted) -> ColumnShares | None:
    """The distributions of the training rows' columns; None of images."""
    if fitted.schema.is_image:
        return None
    if fitted.artifacts.column_shares is None:
        raise Unanswerable(
            "This model's file is from an earlier version, which kept nothing of the training rows' columns that drift "
            "could compare new rows with: fit it again."
        )
    return fitted.artifacts.column_shares


def _spaced(n: int, most: int) -> Tensor:
    """Up to ``most`` of n places, evenly spaced."""
    return torch.linspace(0, n - 1, min(n, most), dtype=torch.float64).round().long()


def _measured(
    fitted: Fitted,
    rows: Rows,
    held: CalibrationRows | None,
    free: bool,
    batch_rows: int,
    progress: RowProgress | None,
) -> tuple[_Measured, _Measured | None]:
    """Measure new rows and calibration rows, each without the cells that a row of the other side lacks.

    So a change of which cells are missing changes neither the scores nor the surprise of other cells.
    """
    where = not fitted.schema.is_image
    if held is None:
        found = measure(fitted, rows, batch_rows=batch_rows, where=where, progress=progress)
        return _Measured(found, rows.observed), None
    n, m = len(rows), len(held)
    before, without = held.under(torch.arange(m), _beside(rows, m), free)
    mask = _beside(held.rows, n)
    after = rows
    if not bool(mask.all()):
        seen = mask if rows.observed is None else mask & rows.observed
        after = replace(rows, values=rows.values.masked_fill(~seen, 0), observed=seen)
    new = measure(fitted, after, batch_rows=batch_rows, where=where, progress=progress)
    old = measure(fitted, before, batch_rows=batch_rows, where=where, without=without)
    return _Measured(new, after.observed), _Measured(old, before.observed)


def _beside(rows: Rows, count: int) -> Tensor:
    """The masks of ``count`` rows, evenly spaced, (count, *row) of bool."""
    if rows.observed is None:
        return torch.ones(count, *rows.values.shape[1:], dtype=torch.bool)
    return rows.observed[torch.arange(count) * len(rows) // count]


def _score_tests(calibration: ScoreCalibration, found: _Measured, before: _Measured | None, full: bool) -> list[float]:
    """p-values of the score and of its components."""
    table = component_columns(calibration.counting)
    if before is not None and not (full and len(calibration.counting)):
        table = before.components
    old, new = calibration.all_scores(table), calibration.all_scores(found.components)
    return [two_samples(old[name], new[name]) for name in old]


def _seen(measured: _Measured) -> list[Array]:
    """The surprise of each cell in the rows that have it, nats."""
    surprise = measured.components["surprise"].double().flatten(1)
    observed = (
        torch.ones_like(surprise, dtype=torch.bool) if measured.observed is None else measured.observed.flatten(1)
    )
    return [surprise[:, i][observed[:, i]].numpy() for i in range(surprise.shape[1])]


def _simes(p_values: list[float]) -> float:
    """One p-value of several (Simes, 1986): the smallest that Benjamini and Hochberg's procedure adjusts them to."""
    return float(np.min(false_discovery_control(p_values)))
