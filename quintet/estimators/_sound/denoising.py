"""The question ``denoise`` about sound: clicks and dropouts found and filled."""

from __future__ import annotations

from typing import Any

from quintet.arguments import BatchRows, Count, SoundLike
from quintet.entry_points import public
from quintet.estimators._sound.damage import damage_in, mask_of
from quintet.estimators._sound.filling import fill_gaps
from quintet.estimators._sound.sound_estimator import SoundEstimator, take_known, whole_samples


@public
def denoise(
    self: SoundEstimator,
    X: SoundLike,
    *,
    rate: Count | None = None,
    return_report: bool = False,
    batch_rows: BatchRows = 128,
) -> Any:
    """Recordings with clicks and dropouts found and filled; all other samples stay bit for bit.

    Parameters
    ----------
    return_report : give (recordings, intervals): of each recording the list of what was mended.
    """
    given, known = take_known(self, X, rate), self.description_
    samples = whole_samples(given, known)
    found = damage_in(self.vae, samples, known.damage, known.bits, batch_rows=batch_rows)
    holes = [mask_of(len(own), each) for own, each in zip(samples, found, strict=True)]
    mended = given.like_given(fill_gaps(samples, holes, known.gaps))
    return (mended, found) if return_report else mended
