"""Damage in recordings: clicks, steps that do not fit those around them, and dropouts, stretches of one value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.ndimage import binary_dilation, uniform_filter1d

from quintet.data.sequences.sound.description import SoundDescription, UsualDamage
from quintet.data.sequences.sound.recording import Array
from quintet.estimators._sound.autoregression import runs_of
from quintet.estimators._sound.filling import fill_gaps
from quintet.estimators._sound.frame_rows import own_step
from quintet.estimators._sound.surprise import surprise_of

LEAST_RUN = 8
"""Fewest steps of a dropout."""
SOUND = 4.0
"""Mean distance from a run's value, in own steps of the recording, from which on there is sound around it."""
NEAR = 48
"""Steps on each side that say whether there is sound."""
LONGEST_CLICK = 24
"""Most steps of a click; what lasts longer is another sound."""
ROUNDS = 2


@dataclass(frozen=True)
class Interval:
    """A damaged stretch of a recording.

    Parameters
    ----------
    kind : "click" or "dropout".
    start, stop : steps, ``stop`` exclusive.
    p_value : of a click, the share of normal recordings of this length with a step as surprising; of a dropout, 0: no
        training recording has such a run.
    """

    kind: str
    start: int
    stop: int
    p_value: float


def dropouts(recording: Array, longest: int) -> list[tuple[int, int]]:
    """Runs of one value, longer than ``longest``, with sound around them."""
    return [(a, b) for a, b in runs_with_sound(recording) if b - a > max(longest, LEAST_RUN - 1)]


def runs_with_sound(recording: Array) -> list[tuple[int, int]]:
    """Runs of one value of at least three steps with sound before and after them, within 48 steps."""
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


def usual_damage(vae: Any, training: Sequence[Array], held_out: Sequence[Array], **options: Any) -> UsualDamage:
    """What normal recordings look like: their most surprising steps, by frames, and their longest runs."""
    frame = vae.schema_.layout.steps
    peaks = [
        float(part.max())
        for surprise in surprise_of(vae, held_out, **options)
        for part in np.array_split(surprise, max(1, len(surprise) // frame))
    ]
    runs = [stop - start for recording in training for start, stop in runs_with_sound(recording)]
    return UsualDamage(peaks=tuple(sorted(peaks)), longest_run=min(max(runs, default=1), 64))


def damage_in(vae: Any, recordings: Sequence[Array], known: SoundDescription, **options: Any) -> list[list[Interval]]:
    """Clicks and dropouts of each recording (steps, channels), in the order of time.

    A click is found in two rounds: steps that surprise are hidden with their neighbours, and those that still do not
    fit what the model expects there are the click. In the second round the first clicks are mended.
    """
    gone = [dropouts(recording, known.damage.longest_run) for recording in recordings]
    mask = [_marked(len(recording), found) for recording, found in zip(recordings, gone, strict=True)]
    clicks = [np.zeros(len(recording), bool) for recording in recordings]
    strength = [np.zeros(len(recording)) for recording in recordings]
    limit = _limit(known.damage)
    for _ in range(ROUNDS):
        hidden = [a | b for a, b in zip(mask, clicks, strict=True)]
        filled = fill_gaps(vae, recordings, hidden, known.gaps, **options)
        whole = [np.rint(each).astype(own.dtype) for each, own in zip(filled, recordings, strict=True)]
        found = surprise_of(vae, whole, **options)
        suspects = [binary_dilation(each > limit, iterations=2) & ~own for each, own in zip(found, hidden, strict=True)]
        if not any(each.any() for each in suspects):
            break
        filled = fill_gaps(vae, whole, [a | b for a, b in zip(suspects, hidden, strict=True)], known.gaps, **options)
        for index, suspect in enumerate(suspects):
            misfit = _misfit(recordings[index], filled[index])
            clicks[index] |= _shorter(suspect & (misfit > 4.0))
            strength[index] = np.maximum(strength[index], found[index])
    return [_intervals(one, other, most, known) for one, other, most in zip(clicks, gone, strength, strict=True)]


def _misfit(recording: Array, filled: Array) -> Array:
    """Distance from what was filled in, in local mean differences of neighbouring steps, (steps,)."""
    smooth = np.abs(np.diff(filled, axis=0, prepend=filled[:1])).mean(1)
    usual = uniform_filter1d(smooth, 33, mode="nearest") + own_step(recording)
    return np.asarray(np.abs(recording - filled).max(1) / usual)


def _shorter(marked: Array) -> Array:
    """The runs of at most ``LONGEST_CLICK`` steps."""
    out = marked.copy()
    for start, stop in runs_of(marked):
        out[start:stop] = stop - start <= LONGEST_CLICK
    return out


def _limit(usual: UsualDamage) -> float:
    """The surprise, in nats, that one frame in ten has somewhere."""
    return max(4.0, float(np.quantile(usual.peaks, 0.9))) if usual.peaks else 8.0


def _marked(steps: int, found: list[tuple[int, int]]) -> Array:
    marked = np.zeros(steps, bool)
    for start, stop in found:
        marked[start:stop] = True
    return marked


def _intervals(clicks: Array, gone: list[tuple[int, int]], strength: Array, known: SoundDescription) -> list[Interval]:
    peaks = np.array(known.damage.peaks or (np.inf,))
    frames = max(1, len(clicks) // known.frame)
    found = [Interval("dropout", start, stop, 0.0) for start, stop in gone]
    for start, stop in runs_of(clicks):
        above = (peaks >= strength[start:stop].max()).sum()
        found.append(Interval("click", start, stop, float(min(1.0, frames * (above + 1) / (len(peaks) + 1)))))
    return sorted(found, key=lambda each: each.start)


def mask_of(steps: int, found: list[Interval]) -> Array:
    """(steps,) bool, True within the intervals."""
    return _marked(steps, [(each.start, each.stop) for each in found])
