"""Fit of the two models of sound: of frames of samples, and of whole recordings as mel spectrograms."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from quintet.data.sequences.sound.clips import ClipShape
from quintet.data.sequences.sound.description import SoundDescription
from quintet.data.sequences.sound.given import GivenSound
from quintet.data.sequences.sound.parts import FEWEST, in_parts, part_seconds
from quintet.data.sequences.sound.recording import Array, Recording
from quintet.errors import InputError
from quintet.estimators._sound.damage import usual_damage
from quintet.estimators._sound.filling import learnt_filling
from quintet.estimators._sound.frame_rows import as_rows, residual_frames
from quintet.estimators.vae import VAE
from quintet.training import Training

FRAMES = (128, 256, 512, 1_024)
"""Lengths of a frame that "auto" chooses from: the longest of which there are ``ENOUGH``."""
ENOUGH = 500
MEASURED = 60
"""Most held-out recordings on which gaps and clicks are measured."""
LATENTS = 4
"""Of a frame: what linear prediction leaves has loudness and little else that a latent could say."""
FRAMES_SHARE = 0.6
"""Of the minutes of ``fit``."""
CLIP = 1.0
"""Largest norm of a gradient: a loud frame among silent ones would throw the weights far off."""


@dataclass(frozen=True)
class FittedSound:
    """The models, what is remembered of the recordings, and the sentences on both."""

    frames: VAE
    clips: VAE
    description: SoundDescription
    notes: list[str]


def fit_sound(given: GivenSound, labels: Any, frame: int | str, shared: dict[str, Any], seed: int) -> FittedSound:
    """Train both models.

    Parameters
    ----------
    labels : (n,) of the recordings, or None.
    frame : samples of a frame, or "auto".
    shared : parameters of both models.
    """
    if given.missing is not None:
        raise InputError("fit needs every sample, got missing ones (NaN): leave these recordings out.")
    first, seconds = given.recordings[0], part_seconds(given.recordings)
    parts, owners = in_parts(given.recordings, seconds)
    if len(parts) < FEWEST:
        raise InputError(
            f"fit needs at least {FEWEST} recordings or a second of sound, got {len(given.recordings)} of "
            f"{sum(recording.seconds for recording in given.recordings):.2g} s: give more."
        )
    given = replace(given, recordings=parts)
    labels = None if labels is None else np.asarray(labels)[owners]
    size = _frame_for(given.samples) if frame == "auto" else int(frame)
    minutes = shared.pop("max_minutes")
    shares = (None, None) if minutes is None else (FRAMES_SHARE * minutes, (1 - FRAMES_SHARE) * minutes)
    clips, shape = fit_clips(given.recordings, labels, shared | {"max_minutes": shares[1]})
    bits = max(recording.bits for recording in given.recordings)
    cut = residual_frames(given.samples, bits, size)
    training = shared["training"]
    shared |= {"training": training if isinstance(training, Training) else {"clip": CLIP, **(training or {})}}
    shared |= {"latent_dim": LATENTS, "network": "mlp"}
    frames = VAE(kind="real", layout="steps", **shared, max_minutes=shares[0])
    frames.fit(as_rows(cut.rows), mask=_beyond(cut.valid, given), groups=cut.owner)
    description = SoundDescription(
        rate=first.rate,
        channels=first.channels,
        bits=bits,
        frame=size,
        clip_frames=shape.frames,
        clip_bands=shape.bands,
        part=seconds,
        longest=max(recording.seconds for recording in given.recordings),
    )
    held = _held_out(frames, cut.owner)[:MEASURED]
    apart = [given.samples[i] for i in held]
    gaps = learnt_filling(apart, seed)
    damage = usual_damage(frames, given.samples, apart, bits)
    description = description.model_copy(update={"gaps": gaps, "damage": damage})
    frames.fitted_.schema = frames.schema_.model_copy(update={"sequence": description})
    return FittedSound(frames, clips, description, _notes(given, labels, description, len(cut.rows), len(held)))


def _beyond(valid: Array, given: GivenSound) -> Array | None:
    """The mask of cells beyond the recordings' ends, None where every frame is full."""
    if valid.all():
        return None
    channels = given.recordings[0].channels
    return ~valid if channels == 1 else np.repeat(~valid[..., None], channels, 2)


def fit_clips(recordings: list[Recording], labels: Any, shared: dict[str, Any]) -> tuple[VAE, ClipShape]:
    """The model of whole recordings, conditional where there are labels, and how they become its rows."""
    shape = ClipShape(recordings[0].rate)
    rows = shape.rows(recordings)
    model = VAE("vae" if labels is None else "cvae", network="mlp", kind="real", **shared)
    return model.fit(rows, labels), shape


def _frame_for(recordings: list[Array]) -> int:
    """The longest frame of which the recordings hold enough."""
    total = sum(map(len, recordings))
    return max([size for size in FRAMES if total >= ENOUGH * size], default=FRAMES[0])


def _held_out(frames: VAE, owner: Array) -> Array:
    """Recordings of which no frame has trained the model; the first ones where there are none."""
    trained = np.zeros(len(owner), bool)
    trained[frames._train_places.numpy()] = True
    held = np.setdiff1d(np.unique(owner), np.unique(owner[trained]))
    return held if len(held) else np.unique(owner)


def _notes(given: GivenSound, labels: Any, known: SoundDescription, frames: int, held: int) -> list[str]:
    seconds = sum(recording.seconds for recording in given.recordings)
    what = "recordings" if known.part is None else f"parts of {known.part:.2g} s"
    out = [
        f"{len(given.recordings):,} {what}, {seconds:,.0f} s at {known.rate:,} Hz, {known.bits} bits, "
        f"{'mono' if known.channels == 1 else 'stereo'}",
        f"{frames:,} frames of {known.frame} samples ({1000 * known.frame / known.rate:.0f} ms)",
        f"gaps and clicks are measured on {held} recordings that trained no model of frames",
    ]
    if labels is not None:
        found, counts = np.unique(labels, return_counts=True)
        out.append(f"{len(found)} classes, of {counts.min()} to {counts.max()} recordings")
    return out
