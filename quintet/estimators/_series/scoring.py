"""How strange each step of a series is: its cells given all others, and the stretch that it lies in."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.ndimage import uniform_filter1d
from torch import Tensor

from quintet.data.columns.base import Array
from quintet.data.dataset import Rows
from quintet.data.sequences.series.windows import Join, cut, window_starts
from quintet.estimators._input.user_rows import rows_of
from quintet.tasks.detect.plain_components import plain_components, surprise_of_cells

AT_ONCE = 1 << 22
"""Cells of windows that are scored together."""
PIECE = 1 << 17
"""Steps of a long series that are scored together."""
OVERLAP = 16
"""A window begins every sixteenth of a window: the components of a stretch are averages over so many windows."""
NEAR = 8
"""Surprise given latents is averaged over an eighth of a window around a step."""
COMPONENTS = ("row_distance", "row_density", "rate", "surprise")
"""What makes a stretch strange: its windows are far from all windows of training, farther than their neighbours are,
improbable under the prior, or its cells are improbable given the latents."""


@dataclass(frozen=True)
class Surprise:
    """The surprise of one series.

    Parameters
    ----------
    cells : (steps, channels) nats of each cell given all others, averaged over windows; NaN where missing.
    stretch : (steps, 4) the ``COMPONENTS`` of the windows that a step lies in, averaged.
    """

    cells: Array
    stretch: Array

    @property
    def steps(self) -> Array:
        """The surprise of each step (steps,): the mean of its observed channels; NaN where none is."""
        return mean_of_observed(self.cells)


def mean_of_observed(cells: Array) -> Array:
    """The mean of the channels that are not NaN (steps,); NaN where none is."""
    there = ~np.isnan(cells)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(there, cells, 0).sum(1) / there.sum(1))


def surprise_of(vae: Any, series: Sequence[Array], window: int, hop: int, batch_rows: int = 256) -> list[Surprise]:
    """The surprise of each series.

    Parameters
    ----------
    series : (steps, channels) each, NaN where missing.
    """
    return [
        Surprise(*(np.concatenate(part) for part in zip(*found, strict=True)))
        for found in (
            [(piece.cells, piece.stretch) for piece in pieces_of_surprise(vae, values, window, hop, batch_rows)]
            for values in series
        )
    ]


def pieces_of_surprise(vae: Any, values: Array, window: int, hop: int, batch_rows: int = 256) -> Iterator[Surprise]:
    """The surprise of one series (steps, channels), piece after piece, so that memory is bounded.

    Each piece is scored with two windows of its neighbours around it, and windows begin at the same steps as in the
    whole.
    """
    unit = math.lcm(hop, max(1, window // OVERLAP))
    length, beside = -(-PIECE // unit) * unit, -(-2 * window // unit) * unit
    for start in range(0, max(1, len(values)), length):
        stop = start + length if len(values) - start - length > beside else len(values)
        low, high = max(0, start - beside), min(len(values), stop + beside)
        part = np.asarray(values[low:high])
        own = slice(start - low, stop - low)
        yield Surprise(_cells(vae, part, window, hop, batch_rows)[own], _stretch(vae, part, window, batch_rows)[own])
        if stop == len(values):
            return


def _cells(vae: Any, values: Array, window: int, hop: int, batch_rows: int) -> Array:
    """Nats of each cell given all others (steps, channels)."""
    joined = Join(len(values), values.shape[1], window)
    for starts, windows in _parts(values, window, hop):
        rows = _rows(vae, windows)
        joined.add(
            starts, _per_cell(vae, surprise_of_cells(vae.fitted_, rows, batch_rows=batch_rows)), ~np.isnan(windows)
        )
    cells = joined.mean()
    cells[np.isnan(values)] = np.nan
    return cells


def _stretch(vae: Any, values: Array, window: int, batch_rows: int) -> Array:
    """The components of the windows that a step lies in (steps, 4)."""
    steps, channels = values.shape
    whole, near = Join(steps, len(COMPONENTS) - 1, window), Join(steps, channels, window)
    for starts, windows in _parts(values, window, max(1, window // OVERLAP)):
        measured = plain_components(vae.fitted_, _rows(vae, windows), batch_rows=batch_rows)
        seen = ~np.isnan(windows)
        columns = np.stack([measured[name].double().numpy() for name in COMPONENTS[:-1]], 1)
        whole.add(
            starts,
            np.broadcast_to(columns[:, None], (len(starts), window, columns.shape[1])),
            np.repeat(seen.any(2, keepdims=True), columns.shape[1], 2),
        )
        near.add(starts, _per_cell(vae, measured["surprise"]), seen)
    return np.concatenate([whole.mean(), _smooth(mean_of_observed(near.mean()), window // NEAR)[:, None]], 1)


def _parts(values: Array, window: int, hop: int) -> Iterator[tuple[Array, Array]]:
    """Starts and windows (k, window, channels), a bounded number at a time; those of missing steps alone left out."""
    steps, channels = values.shape
    starts = window_starts(steps, window, hop)
    size = max(1, AT_ONCE // (window * channels))
    for at in range(0, len(starts), size):
        windows = cut(values, starts[at : at + size], window)
        here = ~np.isnan(windows).all((1, 2))
        if here.any():
            yield starts[at : at + size][here], windows[here]


def _rows(vae: Any, windows: Array) -> Rows:
    rows: Rows = rows_of(vae, windows, vae.fitted_.schema, None, None)[0]
    return rows


def _per_cell(vae: Any, measured: Tensor) -> Array:
    """Cells of the model's layout as (k, window, channels)."""
    cells = vae.fitted_.schema.to_user_layout(measured.double().numpy())
    return np.asarray(cells.reshape(len(cells), cells.shape[1], -1))


def _smooth(values: Array, width: int) -> Array:
    """The mean of the ``width`` steps around each that are not NaN; NaN where all are."""
    there = ~np.isnan(values)
    parts = (np.where(there, values, 0.0), there.astype(float))
    total, count = (uniform_filter1d(part, max(1, width), mode="constant") for part in parts)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(count > 0.5 / max(1, width), total / count, np.nan))
