"""The question ``impute`` about sound: gaps filled."""

from __future__ import annotations

from typing import Any

import numpy as np

from quintet.arguments import Count, MissingEach, SoundLike
from quintet.data.sequences.sound.given import GivenSound
from quintet.data.sequences.sound.recording import Array
from quintet.entry_points import public
from quintet.errors import InputError
from quintet.estimators._sound.filling import fill_gaps
from quintet.estimators._sound.sound_estimator import SoundEstimator, take_known


@public
def impute(
    self: SoundEstimator,
    X: SoundLike,
    *,
    rate: Count | None = None,
    mask: MissingEach | None = None,
) -> Any:
    """Recordings with their gaps filled; other samples stay bit for bit.

    Each gap is filled by an autoregression of the steps around it, whose order was learnt on held-out recordings.

    Parameters
    ----------
    mask : (steps,) bool of each recording, True where a sample is missing; NaN in arrays is missing, too.
    """
    given = take_known(self, X, rate)
    holes = given.holes() if mask is None else _masks(mask, given)
    return given.like_given(fill_gaps(given.samples, holes, self.description_.gaps))


def _masks(mask: Any, given: GivenSound) -> list[Array]:
    """(steps,) bool of each recording."""
    parts = [mask] if given.form == "array" else list(mask)
    if len(parts) != len(given.recordings):
        raise InputError(f"mask must have an array for each of {len(given.recordings)} recordings, got {len(parts)}.")
    found = []
    for index, (part, own, nan) in enumerate(zip(parts, given.recordings, given.holes(), strict=True)):
        cells = np.asarray(part, bool)
        flat = np.asarray(cells.any(1) if cells.ndim == 2 else cells)
        if flat.shape != (own.steps,):
            raise InputError(f"The mask of recording {index} must have {own.steps:,} steps, got {flat.shape}.")
        found.append(flat | nan)
    return found
