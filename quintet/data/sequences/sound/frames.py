"""Recordings as rows of one length: frames with a hop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quintet.data.sequences.sound.recording import Array


@dataclass(frozen=True)
class Frames:
    """Frames of recordings, one after the other.

    Parameters
    ----------
    rows : (n, frame, channels) of the recordings' dtype; 0 beyond a recording's end.
    valid : (n, frame) bool, False beyond the recording's end: no hole, but no sample at all.
    owner : (n,) number of the recording.
    start : (n,) step of the recording at which the frame begins.
    """

    rows: Array
    valid: Array
    owner: Array
    start: Array


def starts_of(steps: int, frame: int, hop: int) -> Array:
    """Where the frames of a recording begin: every ``hop`` steps, until one reaches the end."""
    return np.arange(0, max(steps - frame, 0) + hop, hop) if steps > frame else np.zeros(1, np.int64)


def cut_frames(recordings: Sequence[Array], frame: int, hop: int | None = None) -> Frames:
    """Cut recordings (steps,) or (steps, channels) into frames.

    ``hop``: steps from one frame to the next; None: as long as a frame, so that every sample is in one frame.
    """
    hop = frame if hop is None else hop
    rows, valid, owner, start = [], [], [], []
    for number, recording in enumerate(recordings):
        flat = recording.reshape(len(recording), -1)
        for first in starts_of(len(flat), frame, hop):
            part = flat[first : first + frame]
            rows.append(np.pad(part, ((0, frame - len(part)), (0, 0))))
            valid.append(np.arange(frame) < len(part))
            owner.append(number)
            start.append(first)
    return Frames(np.stack(rows), np.stack(valid), np.array(owner), np.array(start))
