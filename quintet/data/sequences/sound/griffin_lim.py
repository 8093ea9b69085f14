"""Samples from magnitudes of short-time spectra (Griffin and Lim, 1984), with momentum (Perraudin et al., 2013)."""

from __future__ import annotations

from typing import Any

import numpy as np

from quintet.data.sequences.sound.spectrogram import hann, spectra

Array = np.ndarray[Any, Any]
ROUNDS = 60
MOMENTUM = 0.99


def samples_of(magnitude: Array, random: np.random.Generator, rounds: int = ROUNDS) -> Array:
    """(steps,) samples whose spectra have about these magnitudes.

    Parameters
    ----------
    magnitude : (frames, window / 2 + 1), of Hann windows at a hop of a quarter window.
    random : of the phases to begin with.
    """
    window = 2 * (magnitude.shape[1] - 1)
    starts = np.arange(len(magnitude)) * (window // 4)
    phase = np.exp(2j * np.pi * random.random(magnitude.shape))
    before = np.zeros_like(phase)
    for _ in range(rounds):
        found = spectra(overlapped(magnitude * phase), starts, window)
        moved = found + MOMENTUM * (found - before)
        phase = moved / np.maximum(np.abs(moved), 1e-12)
        before = found
    return overlapped(magnitude * phase)


def overlapped(spectrum: Array) -> Array:
    """(steps,) the samples whose windows' spectra are nearest to ``spectrum``, (frames, window / 2 + 1)."""
    window = 2 * (spectrum.shape[1] - 1)
    frames = np.fft.irfft(spectrum, window, axis=1) * hann(window)
    steps = window + (len(frames) - 1) * (window // 4)
    total, weight = np.zeros(steps), np.full(steps, 1e-3)
    square = hann(window) ** 2
    for index, frame in enumerate(frames):
        part = slice(index * (window // 4), index * (window // 4) + window)
        total[part] += frame
        weight[part] += square
    return np.asarray(total / weight)
