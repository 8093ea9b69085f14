"""Recordings as the user gives them: paths, arrays with a rate, or ``Recording`` objects."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from quintet.data.sequences.sound.files import read_sounds
from quintet.data.sequences.sound.recording import LONGEST, Array, Recording, refuse_rate
from quintet.errors import InputError

DTYPES = ("int16", "int32", "float32", "float64")


@dataclass(frozen=True)
class GivenSound:
    """Recordings, which of their samples are missing, and the form in which they were given.

    Parameters
    ----------
    recordings : of whole numbers; 0 where a sample is missing.
    missing : (steps,) bool of each recording, over all channels; None where nothing is missing.
    labels : of the recordings' folders or file names, or None.
    form : "recordings" (of files, too), "arrays", or "array" for a single one.
    """

    recordings: list[Recording]
    missing: list[Array] | None
    labels: Array | None
    form: str

    @property
    def samples(self) -> list[Array]:
        """(steps, channels) of each recording."""
        return [recording.by_channel for recording in self.recordings]

    def holes(self) -> list[Array]:
        """(steps,) bool of each recording, True where it is missing."""
        if self.missing is not None:
            return self.missing
        return [np.zeros(recording.steps, bool) for recording in self.recordings]

    def like_given(self, samples: Iterable[Array]) -> Any:
        """Answers (steps, channels) as recordings in the given form, in each recording's own range."""
        found = [_within(each, own) for each, own in zip(samples, self.recordings, strict=True)]
        return in_form(found, self.form)


def in_form(recordings: list[Recording], form: str) -> Any:
    """Recordings as they were given: the objects, their arrays, or the one array."""
    if form == "recordings":
        return recordings
    arrays = [recording.samples for recording in recordings]
    return arrays[0] if form == "array" else arrays


def _within(samples: Array, own: Recording) -> Recording:
    top = 1 << (own.bits - 1)
    whole = np.clip(np.rint(samples), -top, top - 1).astype(own.samples.dtype)
    return replace(own, samples=whole.reshape(own.samples.shape))


def take_sound(source: Any, rate: int | None, label: str | None = None) -> GivenSound:
    """Recordings of a path, of arrays, or as they are.

    Parameters
    ----------
    source : the path of a sound file or of a folder; a ``Recording`` or a list of such; an array (steps,) or (steps, 2)
        of whole numbers or, with NaN for missing samples, of floats in their units; or a list of arrays.
    rate : samples a second of arrays.
    label : as in ``read_sounds``.
    """
    if isinstance(source, str | Path):
        sounds = read_sounds(source, label)
        return GivenSound(sounds.recordings, None, sounds.labels, "recordings")
    if isinstance(source, Recording):
        source = [source]
    form = "array" if isinstance(source, np.ndarray) and source.dtype != object else "arrays"
    parts = [source] if form == "array" else list(source)
    if not parts:
        raise InputError("Sound must hold at least one recording, got none.")
    if all(isinstance(part, Recording) for part in parts):
        return GivenSound(parts, None, None, "recordings")
    pairs = [_of_array(part, rate, index) for index, part in enumerate(parts)]
    missing = [holes for _, holes in pairs]
    recordings = [recording for recording, _ in pairs]
    return GivenSound(recordings, missing if any(holes.any() for holes in missing) else None, None, form)


def _of_array(part: Any, rate: int | None, index: int) -> tuple[Recording, Array]:
    if rate is None:
        raise InputError("Arrays of samples need their rate, samples a second: give rate=8000, say.")
    refuse_rate(rate, "Sound")
    x = np.asarray(part)
    if x.dtype.name not in DTYPES or x.ndim not in (1, 2) or (x.ndim == 2 and x.shape[1] not in (1, 2)):
        raise InputError(
            f"Recording {index} must be an array (steps,) or (steps, 2) of {', '.join(DTYPES)}, got {x.dtype} of shape "
            f"{x.shape}: convert it, such as by (32767 * x).astype('int16')."
        )
    if not 0 < len(x) <= LONGEST:
        raise InputError(f"Recording {index} must have 1 to {LONGEST:,} steps, got {len(x):,}: leave it out or cut it.")
    missing = np.zeros(len(x), bool)
    if x.dtype.kind == "f":
        x, missing = _whole(x, index)
    bits = 32 if x.dtype == np.int32 else 16
    return Recording(x if x.dtype == np.int32 else x.astype(np.int16), rate, bits), missing


def _whole(x: Array, index: int) -> tuple[Array, Array]:
    """Floats in units of whole samples as whole numbers, and which of them are missing (NaN)."""
    missing = np.isnan(x)
    kept = np.where(missing, 0, x)
    top = 32768 if np.abs(kept).max(initial=0) <= 32768 else 2**31 - 1
    if not np.isfinite(kept).all() or np.abs(kept).max(initial=0) > top or (kept != np.rint(kept)).any():
        raise InputError(
            f"Recording {index} must hold whole numbers of 16 or 32 bits, NaN where a sample is missing, got others: "
            "multiply samples from -1 to 1 by 32767 and round them."
        )
    dtype = np.int16 if top == 32768 and kept.max(initial=0) < 32768 else np.int32
    return kept.astype(dtype), np.asarray(missing if missing.ndim == 1 else missing.any(1))
