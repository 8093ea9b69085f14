"""Frames of recordings as rows of a model: what is left of each sample after linear prediction from earlier ones.

The model sees samples in units of each recording's own finest step, which the prediction has made nearly white: their
scale, which changes with every sound, is what is left to learn. On whole samples the same model needs more bits after
the same training: its own linear prediction is one for all sounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from quintet.data.sequences.sound.frames import Frames, cut_frames
from quintet.data.sequences.sound.prediction import residuals_of
from quintet.data.sequences.sound.recording import Array

WIDEST = 16
"""Bits of samples whose residuals are rows of int32; those of wider ones are of int64."""


def own_step(samples: Array) -> int:
    """The greatest common divisor of a recording's samples: 256 for 8 bits in a file of 16; 1 in silence."""
    return max(1, int(np.gcd.reduce(samples.astype(np.int64), axis=None))) if samples.size else 1


def in_own_steps(recordings: Sequence[Array]) -> list[Array]:
    """Recordings (steps, channels) over their own step, int64."""
    return [recording.astype(np.int64) // own_step(recording) for recording in recordings]


def residual_type(bits: int) -> type[np.signedinteger[Any]]:
    """The type of rows of residuals of samples of so many bits."""
    return np.int32 if bits <= WIDEST else np.int64


def residual_frames(recordings: Sequence[Array], bits: int, frame: int, hop: int | None = None) -> Frames:
    """The frames of recordings (steps, channels); of a recording shorter than a frame one that is padded."""
    left = residuals_of(in_own_steps(recordings), bits)
    return cut_frames([each.astype(residual_type(bits)) for each in left], frame, hop)


def as_rows(frames: Array) -> Array:
    """(n, frame, channels) -> the rows of the model: (n, frame) of one channel."""
    return frames[..., 0] if frames.shape[-1] == 1 else frames


def as_frames(rows: Any, channels: int) -> Array:
    """The inverse of ``as_rows``."""
    found = np.asarray(rows)
    return found.reshape(len(found), -1, channels)
