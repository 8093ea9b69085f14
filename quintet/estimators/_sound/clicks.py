"""Clicks: a few steps that do not fit those around them.

A step is suspected where it surprises the model of frames, or is far from what its neighbours let expect. Suspects are
hidden together with their neighbours, and those that are far from what all other steps let expect there are a click;
then its steps no longer hide others, and the search goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.ndimage import binary_dilation

from quintet.data.sequences.sound.recording import Array
from quintet.estimators._sound.autoregression import filled_by_autoregression, misfits, runs_of
from quintet.estimators._sound.surprise import surprise_of

SUSPECT = 6.0
"""Local spreads from which on a step is suspected."""
CLICK = 6.0
"""Standard deviations from which on a suspect is a click; both are chosen on clicks put into training recordings."""
BESIDE = 2
"""Steps on each side that are suspected with a step."""
BESIDE_HOLES = 16
"""Steps on each side of a dropout that are not suspected: what was filled in is not quite what was there."""
ORDER = 32
ROUNDS = 3
EDGE = 32
"""Steps at both ends that are not suspected: where a recording is cut off, sound begins at once."""
LONGEST = 32
"""Most steps of a click; what lasts longer is another sound."""


def click_misfits(
    vae: Any, recordings: Sequence[Array], hidden: Sequence[Array], limit: float, bits: int, **options: Any
) -> list[Array]:
    """Of each recording (steps, channels) how far its suspects are from what all other steps let expect, (steps,).

    In standard deviations, 0 where a step is not suspected; a click has ``CLICK`` or more.

    Parameters
    ----------
    hidden : (steps,) bool, steps that are known to be damaged.
    limit : nats of surprise from which on the model of frames suspects a step.
    """
    whole_ones = [_mended(recording, holes) for recording, holes in zip(recordings, hidden, strict=True)]
    near = [binary_dilation(holes, iterations=BESIDE_HOLES) if holes.any() else holes for holes in hidden]
    clicks = [np.zeros(len(recording), bool) for recording in recordings]
    found = [np.zeros(len(recording)) for recording in recordings]
    active = list(range(len(recordings)))
    for _ in range(ROUNDS):
        if not active:
            break
        mended = [_mended(whole_ones[i], clicks[i]) for i in active]
        surprise = surprise_of(vae, mended, bits, **options)
        again = []
        for i, whole, nats in zip(active, mended, surprise, strict=True):
            suspects = (nats > limit) | np.any([misfits(channel) > SUSPECT for channel in whole.T], axis=0)
            suspects = _short(binary_dilation(suspects, iterations=BESIDE) & ~near[i] & ~clicks[i])
            suspects[:EDGE] = suspects[max(0, len(suspects) - EDGE) :] = False
            if not suspects.any():
                continue
            misfit = _misfit(whole_ones[i], suspects, clicks[i])
            found[i] = np.maximum(found[i], misfit)
            if (misfit >= CLICK).any():
                clicks[i] |= misfit >= CLICK
                again.append(i)
        active = again
    return found


def _mended(recording: Array, holes: Array) -> Array:
    """The recording with its holes filled, of its own type."""
    if not holes.any():
        return recording
    channels = [filled_by_autoregression(channel, holes, ORDER, rounds=1)[0] for channel in recording.T]
    top = np.iinfo(recording.dtype)
    whole: Array = np.clip(np.rint(np.stack(channels, 1)), top.min, top.max).astype(recording.dtype)
    return whole


def _misfit(recording: Array, suspects: Array, hidden: Array) -> Array:
    """(steps,) of suspects, the largest of the channels."""
    found = []
    for channel in recording.T:
        filled, spread = filled_by_autoregression(channel, suspects | hidden, ORDER, rounds=1)
        found.append(np.abs(channel - filled) / (spread + 0.5))
    return np.where(suspects, np.max(found, axis=0), 0.0)


def _short(marked: Array) -> Array:
    """The runs of at most ``LONGEST`` steps."""
    out = marked.copy()
    for start, stop in runs_of(marked):
        out[start:stop] = stop - start <= LONGEST
    return out
