"""The question ``compress`` about sound: recordings to few bytes and back."""

from __future__ import annotations

from typing import Any

from sklearn.utils.validation import check_is_fitted

from quintet.arguments import BatchRows, Blob, Count, Effort, SoundLike
from quintet.data.sequences.sound.given import in_form, take_sound
from quintet.entry_points import public
from quintet.estimators._sound.coding import compress_sound, decompress_sound
from quintet.estimators._sound.sound_estimator import SoundEstimator


@public
def compress(
    self: SoundEstimator,
    X: SoundLike,
    *,
    rate: Count | None = None,
    effort: Effort = "normal",
    batch_rows: BatchRows = 256,
) -> bytes:
    """Recordings to the bytes of one file, from which ``decompress`` brings back every sample.

    Other parts of a file than its samples, such as a title, are not kept.

    Parameters
    ----------
    rate : of arrays; None: the model's.
    effort, batch_rows : as of ``VAE.compress``.
    """
    known = self.description_
    given = take_sound(X, known.rate if rate is None else rate)
    return compress_sound(self.vae, given, known.frame, effort=effort, batch_rows=batch_rows)


@public
def decompress(self: SoundEstimator, blob: Blob, *, batch_rows: BatchRows = 256) -> Any:
    """The recordings of ``compress``, sample for sample."""
    check_is_fitted(self, "vae")
    return in_form(*decompress_sound(self.vae, bytes(blob), batch_rows=batch_rows))
