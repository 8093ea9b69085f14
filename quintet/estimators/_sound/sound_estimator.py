"""What a question reads of a fitted ``Sound``: its models, its description, and the recordings of a call."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from quintet.data.sequences.sound.description import SoundDescription
from quintet.data.sequences.sound.given import GivenSound, take_sound
from quintet.data.sequences.sound.recording import Array
from quintet.errors import InputError
from quintet.estimators._sound.filling import fill_gaps


class SoundEstimator(Protocol):
    """The attributes of a fitted ``Sound`` that questions read."""

    vae: Any
    clips: Any

    @property
    def description_(self) -> SoundDescription:
        """What the model remembers of its recordings."""


def take_known(sound: SoundEstimator, X: Any, rate: int | None) -> GivenSound:
    """The recordings of a call, which must have the rate and the channels of training."""
    known = sound.description_
    given = take_sound(X, known.rate if rate is None else rate)
    refuse_mixture(given, known.rate, known.channels)
    return given


def whole_samples(given: GivenSound, known: SoundDescription) -> list[Array]:
    """The samples (steps, channels) of each recording, with missing ones filled."""
    if given.missing is None:
        return given.samples
    filled = fill_gaps(given.samples, given.missing, known.gaps)
    return [np.rint(each).astype(own.dtype) for each, own in zip(filled, given.samples, strict=True)]


def refuse_mixture(given: GivenSound, rate: int, channels: int) -> None:
    """All recordings must have this rate and number of channels."""
    for index, recording in enumerate(given.recordings):
        if (recording.rate, recording.channels) != (rate, channels):
            raise InputError(
                f"All recordings must have {rate:,} samples a second and {channels} "
                f"channel{'' if channels == 1 else 's'}, as in training, got {recording.rate:,} and "
                f"{recording.channels} in recording {recording.name or index}: convert it."
            )
