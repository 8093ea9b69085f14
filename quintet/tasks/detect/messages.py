"""What detection warns of, in sentences with their cure."""

from __future__ import annotations

import math
import warnings

import numpy as np
import numpy.typing as npt

from quintet.errors import QuintetWarning
from quintet.tasks.detect.p_values import rank_of, rows_needed

Array = npt.NDArray[np.float64]

CURE = "hold out more rows (VAE(calibration=...), quintet fit --calibration)"


def few_for_share(rows: int, held: int, false_alarms: float) -> None:
    """Too few calibration rows for any p-value as small as ``false_alarms``."""
    if not rows or rank_of(held, false_alarms):
        return
    needed = math.ceil(1 / false_alarms - 1e-9) - 1
    _say(
        f"No row can be called at false_alarms={false_alarms:g}: {held} calibration rows allow p-values from "
        f"{1 / (held + 1):.2g} on, and {needed} are needed; fit on more rows, {CURE}, or ask for a larger share."
    )


def few_for_fdr(p: Array, held: int, fdr: float) -> None:
    """Too few calibration rows to call the strangest rows at ``fdr``."""
    if needed := rows_needed(p, held, fdr):
        _say(
            f"{held} calibration rows are too few to call the strangest of these rows at fdr={fdr:g}: {needed} are "
            f"needed; {CURE}, ask for a larger fdr, or leave fdr out to call every row with p <= false_alarms."
        )


def untrusted() -> None:
    """A file without calibration rows was asked about rows with holes."""
    _say(
        "This model's file is of an earlier version and keeps no calibration rows: p-values of rows with holes, or of "
        "a model trained with holes, cannot be trusted; fit it again."
    )


def _say(sentence: str) -> None:
    warnings.warn(sentence, QuintetWarning, stacklevel=5)
