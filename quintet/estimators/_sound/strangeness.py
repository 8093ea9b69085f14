"""How strange recordings are, by the model of whole ones, or of the parts of long ones."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from quintet.data.sequences.sound.clips import ClipShape
from quintet.data.sequences.sound.description import SoundDescription
from quintet.data.sequences.sound.parts import in_parts
from quintet.data.sequences.sound.recording import Array, Recording
from quintet.tasks.detect.decision import Decision


class Strangeness(NamedTuple):
    """Of each recording its score, its p-value, whether it is an anomaly, and (frames, bands) nats of its strangest
    part; the rule in words."""

    scores: Array
    p_values: Array
    is_anomaly: Array
    where: Array
    rule: str


def strangeness_of(
    clips: Any,
    recordings: list[Recording],
    known: SoundDescription,
    fdr: float | None,
    false_alarms: float | None,
    **options: Any,
) -> Strangeness:
    """Scores of recordings; one of several parts has the score of the strangest, and its p-value times their number."""
    shape = ClipShape(known.rate, known.clip_frames, known.clip_bands)
    parts, owners = in_parts(recordings, known.part)
    rule = Decision.of(fdr, false_alarms, clips.false_alarms)
    found = clips.detect(shape.rows(parts), false_alarms=clips.false_alarms, **options)
    owner = np.array(owners)
    own = [np.flatnonzero(owner == index) for index in range(len(recordings))]
    worst = np.array([places[found.scores[places].argmax()] for places in own])
    counts = np.array([len(places) for places in own])
    p = np.minimum(1.0, found.p_values[worst] * counts)
    where = shape.energies(found.where)[worst]
    return Strangeness(found.scores[worst], p, np.asarray(rule.anomalies(p)), where, str(rule))
