"""Damage in recordings: clicks and dropouts, as intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from quintet.data.sequences.sound.description import UsualDamage
from quintet.data.sequences.sound.recording import Array
from quintet.estimators._sound.autoregression import runs_of
from quintet.estimators._sound.clicks import CLICK, click_misfits
from quintet.estimators._sound.dropouts import RARE, dropouts_in, longest_usual_run
from quintet.estimators._sound.surprise import surprise_of

CLICKED = 0.65
"""Share of held-out recordings whose worst step is less bad than that of a recording that is said to have clicks."""
USUAL = 0.998
"""Share of the steps of held-out recordings that surprise the model less than a suspect."""


@dataclass(frozen=True)
class Interval:
    """A damaged stretch of a recording.

    Parameters
    ----------
    kind : "click" or "dropout".
    start, stop : steps, ``stop`` exclusive.
    p_value : the share of normal recordings that have such a step anywhere, by those held out; of a dropout .01: one
        training recording of a hundred has such a run.
    """

    kind: str
    start: int
    stop: int
    p_value: float


def usual_damage(vae: Any, training: Sequence[Array], held_out: Sequence[Array], bits: int) -> UsualDamage:
    """What normal recordings look like: surprise of their steps, their worst steps, and their longest runs."""
    limit = float(np.quantile(np.concatenate(surprise_of(vae, held_out, bits)), USUAL))
    nowhere = [np.zeros(len(recording), bool) for recording in held_out]
    found = click_misfits(vae, held_out, nowhere, max(limit, 1.0), bits)
    peaks = sorted(float(misfit.max()) for misfit in found)
    return UsualDamage(limit=max(limit, 1.0), peaks=tuple(peaks), longest_run=longest_usual_run(training))


def damage_in(
    vae: Any, recordings: Sequence[Array], usual: UsualDamage, bits: int, **options: Any
) -> list[list[Interval]]:
    """Clicks and dropouts of each recording (steps, channels), in the order of time."""
    gone = [dropouts_in(recording, usual.longest_run) for recording in recordings]
    hidden = [_marked(len(recording), found) for recording, found in zip(recordings, gone, strict=True)]
    misfit = click_misfits(vae, recordings, hidden, usual.limit, bits, **options)
    return [_intervals(one, other, usual) for one, other in zip(misfit, gone, strict=True)]


def _intervals(misfit: Array, gone: list[tuple[int, int]], usual: UsualDamage) -> list[Interval]:
    peaks = np.array(usual.peaks)
    found = [Interval("dropout", start, stop, RARE) for start, stop in gone]
    clicked = not len(peaks) or misfit.max() >= np.quantile(peaks, CLICKED)
    for start, stop in runs_of(misfit >= CLICK) if clicked else ():
        above = int((peaks >= misfit[start:stop].max()).sum())
        found.append(Interval("click", start, stop, (above + 1) / (len(peaks) + 1)))
    return sorted(found, key=lambda each: each.start)


def mask_of(steps: int, found: list[Interval]) -> Array:
    """(steps,) bool, True within the intervals."""
    return _marked(steps, [(each.start, each.stop) for each in found])


def _marked(steps: int, found: list[tuple[int, int]]) -> Array:
    marked = np.zeros(steps, bool)
    for start, stop in found:
        marked[start:stop] = True
    return marked
