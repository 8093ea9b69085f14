"""How surprising each step of a series is: its cells given all others, and the windows that it lies in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from quintet.data.columns.base import Array
from quintet.data.dataset import Rows
from quintet.data.sequences.series.windows import Join, cut, window_starts
from quintet.estimators._input.user_rows import rows_of
from quintet.tasks.detect.calibration_scores import calibration_of
from quintet.tasks.detect.components import measure
from quintet.tasks.detect.score_calibration import DEFAULT

AT_ONCE = 1 << 22
"""Cells of windows that are scored together."""


@dataclass(frozen=True)
class Surprise:
    """The surprise of one series.

    Parameters
    ----------
    cells : (steps, channels) nats of each cell given all others, averaged over windows; NaN where missing.
    windows : (steps,) the anomaly score of the windows that a step lies in, averaged.
    """

    cells: Array
    windows: Array

    @property
    def steps(self) -> Array:
        """The surprise of each step (steps,): the mean of its observed channels; NaN where none is."""
        there = ~np.isnan(self.cells)
        with np.errstate(invalid="ignore"):
            return np.asarray(np.where(there, self.cells, 0).sum(1) / there.sum(1))


def surprise_of(vae: Any, series: Sequence[Array], window: int, hop: int, batch_rows: int = 256) -> list[Surprise]:
    """The surprise of each series.

    Parameters
    ----------
    series : (steps, channels) each, NaN where missing.
    """
    return [_of_one(vae, values, window, hop, batch_rows) for values in series]


def _of_one(vae: Any, values: Array, window: int, hop: int, batch_rows: int) -> Surprise:
    steps, channels = values.shape
    starts = window_starts(steps, window, hop)
    cells, windows = Join(steps, channels, window), Join(steps, 1, window)
    size = max(1, AT_ONCE // (window * channels))
    for at in range(0, len(starts), size):
        some = starts[at : at + size]
        rows = cut(values, some, window)
        seen = ~np.isnan(rows)
        here = seen.any((1, 2))  # a window of missing steps alone says nothing
        if not here.any():
            continue
        found, score = _measured(vae, rows[here], batch_rows)
        cells.add(some[here], found, seen[here])
        windows.add(
            some[here], np.repeat(score[:, None, None], window, axis=1), np.asarray(seen[here].any(2, keepdims=True))
        )
    joined = cells.mean()
    joined[np.isnan(values)] = np.nan
    return Surprise(joined, windows.mean()[:, 0])


def _measured(vae: Any, windows: Array, batch_rows: int) -> tuple[Array, Array]:
    """The surprise of each cell (k, window, channels), and the score of each window (k,)."""
    fitted = vae.fitted_
    rows: Rows = rows_of(vae, windows, fitted.schema, None, None)[0]
    measured = measure(fitted, rows, batch_rows=batch_rows, where=True)
    free = fitted.schema.condition is not None and rows.condition is None
    score = calibration_of(fitted, free).all_scores(measured)[DEFAULT]
    cells = fitted.schema.to_user_layout(measured["surprise"].to(torch.float64).numpy())
    return cells.reshape(windows.shape), np.asarray(score, dtype=np.float64)
