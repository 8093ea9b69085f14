"""Short-time spectra: log mel energies of frames, and the magnitudes that such energies stand for."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
WINDOW_SECONDS = 0.032
LOWEST, HIGHEST = 60.0, 8_000.0
"""Frequencies (Hz) between which bands lie, the upper one at most half the rate."""


def window_of(rate: int) -> int:
    """Samples of a window: the power of two nearest to ``WINDOW_SECONDS``."""
    return 1 << round(float(np.log2(rate * WINDOW_SECONDS)))


def spectra(x: Array, starts: Array, window: int) -> Array:
    """(frames, window / 2 + 1) complex spectra of Hann windows of x, (steps,), that begin at ``starts``."""
    frames = x[starts[:, None] + np.arange(window)]
    return np.asarray(np.fft.rfft(frames * hann(window), axis=1))


@cache
def hann(window: int) -> Array:
    """(window,) the periodic Hann window, whose squares at a hop of a quarter sum to 1.5."""
    return np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window))


@cache
def mel_bands(rate: int, bands: int) -> Array:
    """(bands, window / 2 + 1): triangles evenly spaced in mel, 2595 log10(1 + f / 700), each of unit sum."""
    window = window_of(rate)
    high = min(HIGHEST, rate / 2)
    edges = _hertz(np.linspace(_mel(LOWEST), _mel(high), bands + 2))
    hertz = np.linspace(0, rate / 2, window // 2 + 1)
    low, centre, top = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    found = np.clip(np.minimum((hertz - low) / (centre - low), (top - hertz) / (top - centre)), 0, None)
    empty = found.sum(1) == 0  # a band narrower than the distance of two frequencies takes the nearest
    found[empty, np.abs(hertz - centre[empty]).argmin(1)] = 1
    return np.asarray(found / found.sum(1, keepdims=True))


@cache
def _unmixing(rate: int, bands: int) -> Array:
    """(window / 2 + 1, bands): interpolation of power between the centres of bands."""
    shape = mel_bands(rate, bands) / mel_bands(rate, bands).max(1, keepdims=True)
    total = shape.sum(0)
    nearest = shape[:, total > 0].argmax(0)
    found = np.where(total > 0, shape / np.maximum(total, 1e-9), 0.0)
    known = np.flatnonzero(total > 0)
    for k in np.flatnonzero(total == 0):  # below the lowest band and above the highest
        beside = np.abs(known - k).argmin()
        found[nearest[beside], k] = 0.01 if k < known[0] else 1.0
    return np.asarray(found.T)


def log_mel(x: Array, starts: Array, rate: int, bands: int, floor: float) -> Array:
    """(frames, bands): log of (mean power of each band + floor), in nats."""
    power = np.abs(spectra(x, starts, window_of(rate))) ** 2
    return np.asarray(np.log(power @ mel_bands(rate, bands).T + floor))


def magnitudes(energies: Array, rate: int, floor: float) -> Array:
    """(frames, window / 2 + 1) magnitudes whose ``log_mel`` is about ``energies``, (frames, bands)."""
    power = np.maximum(np.exp(energies) - floor, 0.0)
    return np.asarray(np.sqrt(power @ _unmixing(rate, energies.shape[1]).T))


def _mel(hertz: float) -> float:
    return float(2595 * np.log10(1 + hertz / 700))


def _hertz(mel: Array) -> Array:
    return np.asarray(700 * (10 ** (mel / 2595) - 1))
