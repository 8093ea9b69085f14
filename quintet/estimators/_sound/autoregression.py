"""Gaps in a recording filled from the steps around them, by an autoregression that is fitted there (Janssen, 1986)."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.linalg import solve_toeplitz, toeplitz
from scipy.signal import lfilter

Array = np.ndarray[Any, Any]
AROUND = 512
"""Steps on each side that the autoregression is fitted to."""
ROUNDS = 2
"""The autoregression is fitted again to what it filled in."""


def runs_of(marked: Array) -> list[tuple[int, int]]:
    """Start and end (exclusive) of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], marked.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def filled_by_autoregression(samples: Array, missing: Array, order: int) -> Array:
    """(steps,) float64: missing samples such that the autoregression's squared residuals are least."""
    x = np.where(missing, 0.0, samples.astype(np.float64))
    for _ in range(ROUNDS):
        for start, stop in runs_of(missing):
            low = max(0, start - AROUND)
            x[start:stop] = _gap(x[low : stop + AROUND], start - low, stop - low, order)
    return x


def _gap(x: Array, start: int, stop: int, order: int) -> Array:
    """The samples from ``start`` to ``stop``, all others known."""
    if not x.any():
        return np.zeros(stop - start)
    order = max(1, min(order, len(x) // 4))
    error = np.concatenate([[1.0], -coefficients(x, order)])
    known = x.copy()
    known[start:stop] = 0
    end = min(stop + order, len(x))
    residuals = lfilter(error, [1.0], known)[start:end]
    reach = np.pad(error, (0, stop - start))[: end - start]
    hidden = toeplitz(reach, np.eye(1, stop - start)[0])
    return np.asarray(np.linalg.lstsq(hidden, -residuals, rcond=None)[0])


def coefficients(x: Array, order: int) -> Array:
    """(order,) of an autoregression, by the autocorrelation method."""
    size = 1 << (2 * len(x) - 1).bit_length()
    lagged = np.fft.irfft(np.abs(np.fft.rfft(x, size)) ** 2)[: order + 1]
    lagged[0] = lagged[0] * (1 + 1e-6) + 1e-9
    return np.asarray(solve_toeplitz(lagged[:-1], lagged[1:]))
