"""Bits per dimension of a file, and the rate-distortion table of the lossy code."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from quintet.arguments import BatchRows, Condition, CountOrZero, RowsLike
from quintet.entry_points import public
from quintet.models.fitted import Fitted
from quintet.tasks.compress.reading import decompress
from quintet.tasks.compress.writing import compress

STEPS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)


@public
def bits_per_dimension(size: CountOrZero, X: RowsLike) -> float:
    """Bits per cell of X that a file of ``size`` bytes takes."""
    return 8 * size / max(1, np.asarray(X).size)


@public
def rate_distortion(
    fitted: Fitted,
    X: RowsLike,
    steps: Iterable[float] = STEPS,
    condition: Condition | None = None,
    batch_rows: BatchRows = 256,
) -> list[dict[str, float]]:
    """Rate and distortion of the lossy code at several steps of the latents' grid.

    Returns
    -------
    list of dict
        One for each step: step (in posterior spreads), bytes, bits_per_dimension, mse (in the user's units), psnr
        (dB, against the range of the kind, of X for real cells; mean over rows).
    """
    rows = np.asarray(X)
    array = rows.reshape(len(rows), -1).astype(np.float64)
    here = np.isfinite(array)
    peak = _peak(fitted, array[here])
    table = []
    for step in steps:
        blob = compress(fitted, X, condition, lossy=step, batch_rows=batch_rows)
        back = decompress(fitted, blob, batch_rows).reshape(len(array), -1).astype(np.float64)
        error = np.where(here, np.square(np.where(here, array, 0) - back), 0.0).sum(1) / np.maximum(here.sum(1), 1)
        psnr = 10 * np.log10(peak**2 / np.maximum(error, 1e-12 * peak**2))
        table.append(
            {
                "step": float(step),
                "bytes": float(len(blob)),
                "bits_per_dimension": bits_per_dimension(len(blob), X),
                "mse": float(error.mean()),
                "psnr": float(psnr.mean()),
            }
        )
    return table


def _peak(fitted: Fitted, cells: np.ndarray[Any, Any]) -> float:
    if not fitted.schema.is_standardised:
        return fitted.schema.top
    spread = float(cells.max() - cells.min()) if cells.size else 1.0
    return spread if spread > 0 and math.isfinite(spread) else 1.0
