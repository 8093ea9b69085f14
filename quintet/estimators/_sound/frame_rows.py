"""Frames of recordings as the rows of a model: whole numbers in units of each recording's own finest step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from quintet.data.sequences.sound.frames import Frames, cut_frames
from quintet.data.sequences.sound.recording import Array


def own_step(samples: Array, missing: Array | None = None) -> int:
    """The greatest common divisor of a recording's samples: 256 for 8 bits in a file of 16; 1 in silence."""
    seen = samples if missing is None else samples[~missing]
    return max(1, int(np.gcd.reduce(seen.astype(np.int64), axis=None))) if seen.size else 1


def in_own_steps(recordings: Sequence[Array]) -> tuple[list[Array], list[int]]:
    """Recordings (steps, channels) over their own step, in their own dtype, and the steps."""
    steps = [own_step(recording) for recording in recordings]
    return [recording // recording.dtype.type(step) for recording, step in zip(recordings, steps, strict=True)], steps


def training_frames(recordings: Sequence[Array], frame: int) -> Frames:
    """The frames that train a model; of a recording shorter than a frame one that is padded."""
    return cut_frames(in_own_steps(recordings)[0], frame)


def as_rows(frames: Array) -> Array:
    """(n, frame, channels) -> the rows of the model: (n, frame) of one channel."""
    return frames[..., 0] if frames.shape[-1] == 1 else frames


def as_frames(rows: Any, channels: int) -> Array:
    """The inverse of ``as_rows``."""
    found = np.asarray(rows)
    return found.reshape(len(found), -1, channels)
