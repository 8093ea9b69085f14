"""Damage put into recordings on purpose: clicks and silent stretches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from quintet.data.sequences.sound.recording import Array, Recording


class Damaged(NamedTuple):
    """A recording with damage, and which of its steps are damaged, (steps,)."""

    recording: Recording
    where: Array


def with_clicks(recording: Recording, seed: int) -> Damaged:
    """A click of 1 to 4 steps about twice in a tenth of a second, moved by a third to the whole of the peak."""
    rng = np.random.default_rng((seed, recording.steps))
    where = np.zeros(recording.steps, bool)
    for _ in range(max(1, round(20 * recording.seconds))):
        start = int(rng.integers(0, max(1, recording.steps - 4)))
        where[start : start + int(rng.integers(1, 5))] = True
    samples = recording.samples.astype(np.float64).reshape(recording.steps, -1)
    peak = max(1.0, float(np.abs(samples).max()))
    size = int(where.sum())
    samples[where] += (rng.choice([-1, 1], size) * rng.uniform(0.3, 1.0, size) * peak)[:, None]
    return Damaged(_like(recording, samples), where)


def with_gaps(recording: Recording, seed: int) -> Damaged:
    """Gaps of 2 to 10 ms, about four a second, filled with zeros."""
    rng = np.random.default_rng((seed, 7, recording.steps))
    where = np.zeros(recording.steps, bool)
    for _ in range(max(1, round(4 * recording.seconds))):
        length = int(rng.uniform(0.002, 0.01) * recording.rate)
        start = int(rng.integers(0, max(1, recording.steps - length)))
        where[start : start + length] = True
    samples = recording.samples.astype(np.float64).reshape(recording.steps, -1)
    samples[where] = 0
    return Damaged(_like(recording, samples), where)


def _like(recording: Recording, samples: Array) -> Recording:
    top = 1 << (recording.bits - 1)
    whole = np.clip(np.rint(samples), -top, top - 1).astype(recording.samples.dtype)
    return Recording(whole.reshape(recording.samples.shape), recording.rate, recording.bits, recording.name)


def mean_snr(truth: Sequence[Recording], found: Sequence[Recording]) -> float:
    """Mean signal-to-noise ratio of recordings, in dB, at most 99 each."""
    out = []
    for one, other in zip(truth, found, strict=True):
        a, b = (each.samples.astype(np.float64) for each in (one, other))
        noise = float(np.square(a - b).mean())
        out.append(min(99.0, 10 * np.log10(float(np.square(a).mean() + 1e-9) / noise)) if noise else 99.0)
    return float(np.mean(out))
