"""Warnings of detection, each with its cure."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from quintet.errors import warn
from quintet.tasks.detect.p_values import rank_of, rows_needed

Array = npt.NDArray[np.float64]

CURE = "hold out more rows (VAE(calibration=...), quintet fit --calibration)"


def warn_few_for_share(rows: int, held: int, false_alarms: float) -> None:
    """Warn if ``held`` calibration rows allow no p-value as small as ``false_alarms``."""
    if not rows or rank_of(held, false_alarms):
        return
    needed = math.ceil(1 / false_alarms - 1e-9) - 1
    warn(
        f"No row can be called at false_alarms={false_alarms:g}: with {held} calibration rows the smallest p-value is "
        f"{1 / (held + 1):.2g}, and {needed} are needed; fit on more rows, {CURE}, or raise false_alarms."
    )


def warn_few_for_fdr(p: Array, held: int, fdr: float) -> None:
    """Warn if ``held`` calibration rows are too few to call the strangest rows at ``fdr``."""
    if needed := rows_needed(p, held, fdr):
        warn(
            f"{held} calibration rows are too few to call the strangest of these rows at fdr={fdr:g}: {needed} are "
            f"needed; {CURE}, raise fdr, or omit fdr to call every row with p <= false_alarms."
        )


def warn_no_calibration_rows() -> None:
    """Warn that a model without calibration rows cannot calibrate p-values under masks."""
    warn(
        "This model's file is from an earlier version without calibration rows: p-values of rows with missing cells, "
        "or of a model trained with some, cannot be trusted; fit it again."
    )
