"""Calibration of p-values on other normal rows, without training."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch

from quintet.arguments import BatchRows, Condition, Missing, RowsLike
from quintet.artifacts.row_fingerprints import RowFingerprints
from quintet.data.row_fingerprints import VALIDATION, parts_of
from quintet.data.schema import Array
from quintet.errors import InputError, warn
from quintet.estimators._answers.evaluation import fingerprints_of
from quintet.estimators._answers.fitted_estimator import FittedEstimator, fitted_for
from quintet.estimators._input.user_rows import rows_of
from quintet.estimators.progress import progress_bar
from quintet.models.fitted import Fitted
from quintet.tasks.detect import prepare as task
from quintet.tasks.detect.calibration_scores import calibration_of
from quintet.tasks.edit.classify import with_predicted_labels

FEWEST = 20
"""With fewer rows no p-value is as small as 0.05."""


class Recalibrated(NamedTuple):
    """A model with the calibration of other rows, and their number."""

    fitted: Fitted
    rows: int


def recalibrated(
    self: FittedEstimator, X: RowsLike, condition: Condition | None, mask: Missing | None, batch_rows: BatchRows
) -> Recalibrated:
    """The model with the calibration of normal rows X, as of ``VAE.recalibrate``."""
    fitted = fitted_for(self, "detect")
    rows, _ = rows_of(self, X, fitted.schema, condition, mask, partly=True)
    if len(rows) < FEWEST:
        raise InputError(f"X must have at least {FEWEST} normal rows to calibrate p-values, got {len(rows)}.")
    calibration_of(fitted, free=False)
    if fitted.schema.condition is not None and rows.condition is None:
        raise InputError("condition must be given for the rows of a conditional model, got None.")
    if fitted.schema.condition is not None and fitted.schema.condition.unlabelled is not None:
        rows = with_predicted_labels(fitted, rows)
    keys = fingerprints_of(self, X, mask)
    if keys is not None:
        _warn_of_training_rows(keys, fitted.artifacts.row_fingerprints)
    with progress_bar(self.verbose) as progress:
        found = task.recalibrated(fitted, rows, seed=self.seed_, batch_rows=batch_rows, progress=progress)
    kept = fitted.artifacts.row_fingerprints or RowFingerprints()
    kept = replace(kept, calibration=None if keys is None else torch.from_numpy(np.sort(keys)))
    artifacts = replace(fitted.artifacts | found, row_fingerprints=kept)
    return Recalibrated(replace(fitted, artifacts=artifacts, cache={}), len(rows))


def _warn_of_training_rows(keys: Array, kept: RowFingerprints | None) -> None:
    """Warn where rows trained the model: they score lower than new rows, whose p-values would be too small."""
    parts = parts_of(keys, kept)
    trained = 0 if parts is None else int((parts <= VALIDATION).sum())
    if trained:
        warn(
            f"{trained} of these {len(keys)} rows trained the model, so p-values of new normal rows will be too small: "
            "give rows that it has not seen.",
        )
