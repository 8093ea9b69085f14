"""Dropouts: stretches of one value within sound."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from quintet.data.sequences.sound.recording import Array
from quintet.estimators._sound.autoregression import runs_of
from quintet.estimators._sound.frame_rows import own_step

LEAST_RUN = 8
"""Fewest steps of a dropout."""
SOUND = 1.5
"""Mean distance from a run's value, in own steps of the recording, from which on there is sound around it."""
NEAR = 48
"""Steps on each side that say whether there is sound."""
RARE = 0.01
"""Share of the training recordings that may have a run as long as the shortest dropout."""
LONGEST_RUN = 64
"""Steps from which on a run is never usual."""


def dropouts_in(recording: Array, longest: int) -> list[tuple[int, int]]:
    """Runs of one value in a recording (steps, channels), longer than ``longest``, with sound on a side at least."""
    return [
        (start, stop) for start, stop in _runs_within_sound(recording) if stop - start > max(longest, LEAST_RUN - 1)
    ]


def longest_usual_run(recordings: Sequence[Array]) -> int:
    """The length in steps that the longest run of one value beside sound passes in one recording of a hundred."""
    longest = [
        max((stop - start for start, stop in _runs_within_sound(recording)), default=1) for recording in recordings
    ]
    return min(int(np.quantile(longest, 1 - RARE, method="higher")), LONGEST_RUN)


def _runs_within_sound(recording: Array) -> list[tuple[int, int]]:
    """Runs of one value of at least three steps, with sound before or after them."""
    same = (np.diff(recording, axis=0) == 0).all(1)
    step, found = own_step(recording), []
    for first, last in runs_of(same):
        start, stop = first, last + 1
        if stop - start < 3:
            continue
        value = recording[start].astype(np.float64)
        sides = recording[max(0, start - NEAR) : start], recording[stop : stop + NEAR]
        if any(len(side) and np.abs(side - value).mean() >= SOUND * step for side in sides):
            found.append((start, stop))
    return found
