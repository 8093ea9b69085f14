"""Dropouts: stretches of one value within sound."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from quintet.data.sequences.sound.recording import Array
from quintet.estimators._sound.autoregression import runs_of
from quintet.estimators._sound.frame_rows import own_step

LEAST_RUN = 8
"""Fewest steps of a dropout."""
SOUND = 4.0
"""Mean distance from a run's value, in own steps of the recording, from which on there is sound around it."""
NEAR = 48
"""Steps on each side that say whether there is sound."""
LONGEST_RUN = 64
"""Longest run of training recordings that is taken for usual."""


def dropouts_in(recording: Array, longest: int) -> list[tuple[int, int]]:
    """Runs of one value in a recording (steps, channels), longer than ``longest``, with sound around them."""
    return [
        (start, stop) for start, stop in _runs_within_sound(recording) if stop - start > max(longest, LEAST_RUN - 1)
    ]


def longest_usual_run(recordings: Sequence[Array]) -> int:
    """The longest run of one value within sound, in steps."""
    runs = [stop - start for recording in recordings for start, stop in _runs_within_sound(recording)]
    return min(max(runs, default=1), LONGEST_RUN)


def _runs_within_sound(recording: Array) -> list[tuple[int, int]]:
    """Runs of one value of at least three steps, with sound before and after them."""
    same = (np.diff(recording, axis=0) == 0).all(1)
    step, found = own_step(recording), []
    for first, last in runs_of(same):
        start, stop = first, last + 1
        if stop - start < 3:
            continue
        value = recording[start].astype(np.float64)
        sides = recording[max(0, start - NEAR) : start], recording[stop : stop + NEAR]
        if all(len(side) and np.abs(side - value).mean() >= SOUND * step for side in sides):
            found.append((start, stop))
    return found
