"""Gaps in a recording filled from the steps around them, by an autoregression that is fitted there (Janssen, 1986).

Steps near the gap count more than those far from it: the autocorrelation is that of the steps under a cosine window
around the gap, for voices change within a few tens of milliseconds.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.linalg import solve_toeplitz, toeplitz
from scipy.ndimage import median_filter
from scipy.signal import lfilter

Array = np.ndarray[Any, Any]
AROUND = 400
"""Steps on each side that the autoregression is fitted to."""
ROUNDS = 2
"""The autoregression is fitted again to what it filled in."""
BLOCK = 256
"""Steps whose misfits are found by one autoregression."""
RIDGE = 1e-5
"""Added to the variance, relative to it."""


def runs_of(marked: Array) -> list[tuple[int, int]]:
    """Start and end (exclusive) of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], marked.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def filled_by_autoregression(samples: Array, missing: Array, order: int, rounds: int = ROUNDS) -> tuple[Array, Array]:
    """Missing samples such that the autoregression's squared residuals are least, and how far they may be off.

    Returns
    -------
    filled : (steps,) float64.
    spread : (steps,) the standard deviations of missing samples given all others; 0 where none is missing.
    """
    x = np.where(missing, 0.0, samples.astype(np.float64))
    spread = np.zeros(len(x))
    for _ in range(rounds):
        for start, stop in runs_of(missing):
            low = max(0, start - AROUND)
            x[start:stop], spread[start:stop] = _gap(x[low : stop + AROUND], start - low, stop - low, order)
    return x, spread


def _gap(x: Array, start: int, stop: int, order: int) -> tuple[Array, Array]:
    """The samples from ``start`` to ``stop``, all others known, and their standard deviations."""
    if not x.any():
        return np.zeros(stop - start), np.ones(stop - start)
    steps = np.arange(len(x))
    away = np.maximum(np.maximum(start - steps, steps - stop + 1), 0) / (AROUND + 1)
    error = np.concatenate([[1.0], -coefficients(x * np.cos(np.pi / 2 * away), max(1, min(order, len(x) // 4)))])
    known = x.copy()
    known[start:stop] = 0
    residuals = lfilter(error, [1.0], known)
    end = min(stop + len(error) - 1, len(x))
    reach = np.pad(error, (0, stop - start))[: end - start]
    hidden = toeplitz(reach, np.eye(1, stop - start)[0])
    square = hidden.T @ hidden
    square.flat[:: len(square) + 1] *= 1 + 1e-9
    inverse = np.linalg.inv(square)
    outside = np.abs(np.concatenate([residuals[:start], residuals[end:]]))
    usual = float(np.median(outside)) / 0.6745 if len(outside) else 0.0
    return -inverse @ (hidden.T @ residuals[start:end]), usual * np.sqrt(np.diag(inverse))


def coefficients(x: Array, order: int) -> Array:
    """(order,) of an autoregression, by the autocorrelation method."""
    size = 1 << (2 * len(x) - 1).bit_length()
    lagged = np.fft.irfft(np.abs(np.fft.rfft(x, size)) ** 2)[: order + 1]
    lagged[0] = lagged[0] * (1 + RIDGE) + 1e-9
    return np.asarray(solve_toeplitz(lagged[:-1], lagged[1:]))


def misfits(samples: Array, order: int = 24) -> Array:
    """How far each sample is from what its neighbours on both sides let expect, in local spreads, (steps,).

    The error of a sample given all others is the autoregression's residuals, filtered backwards (Kay, 1988); the spread
    is the geometric mean of the median errors of 65 and of some 700 steps around.
    """
    x, found = samples.astype(np.float64), np.zeros(len(samples))
    for start in range(0, len(x), BLOCK):
        low = max(0, start - BLOCK)
        block = x[low : start + 2 * BLOCK]
        if not block.any():
            continue
        window = np.hanning(len(block) + 2)[1:-1]
        error = np.concatenate([[1.0], -coefficients(block * window, max(1, min(order, len(block) // 4)))])
        residuals = lfilter(error, [1.0], block)
        both = np.abs(np.convolve(residuals, error[::-1])[len(error) - 1 :]) / np.square(error).sum()
        overall = np.median(both) / 0.6745 + 0.5
        local = median_filter(both, 65, mode="nearest") / 0.6745 + 0.5
        own = slice(start - low, start - low + BLOCK)
        found[start : start + BLOCK] = (both / np.sqrt(overall * local))[own]
    return found
