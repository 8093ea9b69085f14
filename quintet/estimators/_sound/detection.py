"""The question ``detect`` about sound: strange recordings, and damage within."""

from __future__ import annotations

from quintet.arguments import BatchRows, Count, OpenShare, Share, SoundLike
from quintet.entry_points import public
from quintet.estimators._sound.damage import Interval, damage_in
from quintet.estimators._sound.detections import SoundDetections
from quintet.estimators._sound.sound_estimator import SoundEstimator, take_known, whole_samples
from quintet.estimators._sound.strangeness import strangeness_of


@public
def detect(
    self: SoundEstimator,
    X: SoundLike,
    *,
    rate: Count | None = None,
    fdr: Share | None = None,
    false_alarms: OpenShare | None = None,
    damage: bool = True,
    batch_rows: BatchRows = 256,
) -> SoundDetections:
    """How strange each recording is, with a p-value, and which stretches of it are damaged.

    A model of fewer than ten recordings knows parts of them; a recording then is as strange as its strangest part.

    Parameters
    ----------
    fdr, false_alarms : as of ``VAE.detect``.
    damage : whether to look for clicks and dropouts within.
    """
    given, known = take_known(self, X, rate), self.description_
    samples = whole_samples(given, known)
    found = strangeness_of(self.clips, given.recordings, known, fdr, false_alarms, batch_rows=batch_rows)
    intervals: list[list[Interval]] = [[] for _ in samples]
    if damage:
        intervals = damage_in(self.vae, samples, known.damage, known.bits, batch_rows=batch_rows)
    names = tuple(recording.name or str(index) for index, recording in enumerate(given.recordings))
    return SoundDetections(names, found.scores, found.p_values, found.is_anomaly, found.where, intervals, found.rule)
