"""How surprising each step of a recording is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from quintet.data.sequences.sound.frames import Frames
from quintet.data.sequences.sound.recording import Array
from quintet.estimators._sound.frame_rows import as_frames, as_rows, residual_frames


def surprise_of(vae: Any, recordings: Sequence[Array], bits: int, **options: Any) -> list[Array]:
    """Nats of surprise of each step above the mean of normal ones, (steps,) of each recording (steps, channels).

    Of what the steps before do not predict, given how much that is around. Frames overlap by half; a step has the
    surprise of the frame in which it stands nearest to the middle.
    """
    frame = vae.schema_.layout.steps
    channels = recordings[0].shape[1]
    frames = residual_frames(recordings, bits, frame, frame // 2)
    where = as_frames(vae.detect(as_rows(frames.rows), **options).where, channels).sum(2)
    return central(where, frames, [len(recording) for recording in recordings])


def central(values: Array, frames: Frames, lengths: Sequence[int]) -> list[Array]:
    """Values of steps, (n, frame), from the frame in whose middle each step stands."""
    width = values.shape[1]
    nearness = -np.abs(np.arange(width) - (width - 1) / 2)
    found, best = [np.zeros(length) for length in lengths], [np.full(length, -np.inf) for length in lengths]
    for row, owner, start in zip(values, frames.owner, frames.start, strict=True):
        part = slice(start, min(start + width, lengths[owner]))
        count = part.stop - part.start
        nearer = nearness[:count] > best[owner][part]
        found[owner][part] = np.where(nearer, row[:count], found[owner][part])
        best[owner][part] = np.where(nearer, nearness[:count], best[owner][part])
    return found
