"""Gaps in recordings filled: by the model of frames, and by an autoregression of the steps around each gap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from quintet.data.sequences.sound.description import GapFilling
from quintet.data.sequences.sound.recording import Array
from quintet.estimators._sound.autoregression import filled_by_autoregression, runs_of
from quintet.estimators._sound.frame_rows import as_frames, as_rows, own_step


def fill_gaps(
    vae: Any, recordings: Sequence[Array], missing: Sequence[Array], how: GapFilling, **options: Any
) -> list[Array]:
    """Recordings (steps, channels) float64 with their missing steps filled; the others as they are.

    Parameters
    ----------
    recordings : (steps, channels) of whole numbers; what stands in missing steps is not read.
    missing : (steps,) bool.
    """
    found = [recording.astype(np.float64) for recording in recordings]
    by_model = model_fills(vae, recordings, missing, **options) if max(how.weights) > 0 else recordings
    for own, holes, other in zip(found, missing, by_model, strict=True):
        if not holes.any():
            continue
        near = fill_from_around(own, holes, how.order) if min(how.weights) < 1 else other
        for start, stop in runs_of(holes):
            weight = how.weight(stop - start)
            own[start:stop] = weight * other[start:stop] + (1 - weight) * near[start:stop]
    return found


def fill_from_around(recording: Array, missing: Array, order: int) -> Array:
    """(steps, channels) filled by autoregressions, channel by channel."""
    return np.stack([filled_by_autoregression(channel, missing, order)[0] for channel in recording.T], 1)


def model_fills(vae: Any, recordings: Sequence[Array], missing: Sequence[Array], **options: Any) -> list[Array]:
    """Recordings with their missing steps filled by the model: of each gap a frame with the gap in its middle."""
    frame, channels = vae.schema_.layout.steps, recordings[0].shape[1]
    rows, places = [], []
    steps = [own_step(each, holes) for each, holes in zip(recordings, missing, strict=True)]
    for index, (recording, holes) in enumerate(zip(recordings, missing, strict=True)):
        seen = np.where(holes[:, None], np.nan, recording / steps[index]).astype(np.float32)
        for start, stop in pieces_of(holes, frame // 2):
            first = min(max((start + stop - frame) // 2, 0), max(len(recording) - frame, 0))
            part = seen[first : first + frame]
            rows.append(np.pad(part, ((0, frame - len(part)), (0, 0)), constant_values=np.nan))
            places.append((index, first, start, stop))
    found = [recording.astype(np.float64) for recording in recordings]
    if rows:
        filled = as_frames(vae.impute(as_rows(np.stack(rows)), **options), channels)
        for (index, first, start, stop), row in zip(places, filled, strict=True):
            found[index][start:stop] = row[start - first : stop - first] * steps[index]
    return found


def pieces_of(missing: Array, most: int) -> list[tuple[int, int]]:
    """The gaps, long ones in pieces of at most ``most`` steps."""
    return [(first, min(first + most, stop)) for start, stop in runs_of(missing) for first in range(start, stop, most)]


def learnt_filling(vae: Any, recordings: Sequence[Array], seed: int, trials: int = 40, **options: Any) -> GapFilling:
    """The weights and the order with the least error, relative to each gap's energy, in gaps of held-out recordings."""
    random, usual = np.random.default_rng((seed, 5)), GapFilling()
    order, weights = _best_order(recordings, random), list[float]()
    for low, high in zip((1, *(most + 1 for most in usual.lengths)), usual.lengths, strict=False):
        chosen = [recordings[i] for i in random.integers(0, len(recordings), trials)]
        cut = [pair for each in chosen if (pair := _with_gap(each, low, high, random)) is not None]
        if not cut:
            weights.append(weights[-1] if weights else 1.0)
            continue
        wholes, holes = [whole for whole, _ in cut], [hole for _, hole in cut]
        ours = model_fills(vae, wholes, holes, **options)
        near = [fill_from_around(whole, hole, order) for whole, hole in cut]
        weights.append(_least_squares(wholes, holes, ours, near))
    return GapFilling(weights=tuple(weights), order=order)


def _best_order(recordings: Sequence[Array], random: np.random.Generator) -> int:
    """The order of an autoregression with the least mean log error in gaps of 16 to 80 steps."""
    chosen = [recordings[i] for i in random.integers(0, len(recordings), 30)]
    cut = [pair for pair in (_with_gap(recording, 16, 80, random) for recording in chosen) if pair is not None]
    if not cut:
        return GapFilling().order

    def error(order: int) -> float:
        return float(np.mean([_error(whole, hole, fill_from_around(whole, hole, order)) for whole, hole in cut]))

    return min((24, 48, 80, 120), key=error)


def _error(whole: Array, hole: Array, filled: Array) -> float:
    """Log of the squared error in a gap over its energy."""
    squares = np.square(whole[hole].astype(np.float64)).sum() + 1
    return float(np.log((np.square(whole[hole] - filled[hole]).sum() + 1) / squares))


def _with_gap(recording: Array, low: int, high: int, random: np.random.Generator) -> tuple[Array, Array] | None:
    """A recording and a gap of ``low`` to ``high`` steps in it; None where it is too short."""
    length = int(random.integers(low, high + 1))
    if len(recording) < 4 * length:
        return None
    start = int(random.integers(length, len(recording) - 2 * length))
    return recording, (np.arange(len(recording)) >= start) & (np.arange(len(recording)) < start + length)


def _least_squares(
    wholes: Sequence[Array], holes: Sequence[Array], ours: Sequence[Array], near: Sequence[Array]
) -> float:
    """The weight of ``ours`` beside ``near``, of errors relative to each gap's energy."""
    above, below = 0.0, 0.0
    for whole, hole, one, other in zip(wholes, holes, ours, near, strict=True):
        energy = np.square(whole[hole].astype(np.float64)).sum() + 1
        apart, missed = one[hole] - other[hole], whole[hole] - other[hole]
        # an autoregression that fails in one gap shall not decide alone
        scale = max(energy, np.square(missed).sum())
        above, below = above + float((apart * missed).sum() / scale), below + float(np.square(apart).sum() / scale)
    return float(np.clip(above / below, 0.0, 1.0)) if below > 0 else 1.0
