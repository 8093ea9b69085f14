"""Whole recordings as rows of one length: log mel energies spread over the recording, its loudness and its duration.

A recording of any length has the same number of frames, so that the beginning, the middle and the end of two words
stand in the same cells. Two more cells hold the logs of what was taken off: the root mean square, and the duration.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from quintet.data.sequences.sound.griffin_lim import samples_of
from quintet.data.sequences.sound.recording import Recording
from quintet.data.sequences.sound.spectrogram import log_mel, magnitudes, window_of

Array = np.ndarray[Any, Any]
FLOOR = 1e-2
"""Added to the power of a band, of samples with a mean square of 1: 40 dB or so below a loud band."""
DITHER = 0.25
"""Standard deviation of noise in the energies, in nats: a band that is silent in training has no digits that count."""
ABOUT = 2
"""Cells beside the energies."""


@dataclass(frozen=True)
class ClipShape:
    """How recordings become rows: samples a second, frames, and bands."""

    rate: int
    frames: int = 24
    bands: int = 32

    @property
    def cells(self) -> int:
        """Cells of a row."""
        return self.frames * self.bands + ABOUT

    def rows(self, recordings: list[Recording]) -> Array:
        """(n, cells) float32."""
        return np.stack([self.row(recording) for recording in recordings])

    def row(self, recording: Recording) -> Array:
        """(cells,) float32: energies frame after frame, then the logs of loudness (of full scale 1) and of seconds."""
        x = recording.by_channel.mean(1) / (1 << (recording.bits - 1))
        loudness = float(np.sqrt(np.mean(np.square(x))) + 1e-6)
        window = window_of(self.rate)
        x = np.pad(x / loudness, (0, max(0, window - len(x))))
        starts = np.linspace(0, len(x) - window, self.frames).round().astype(int)
        energies = log_mel(x, starts, self.rate, self.bands, FLOOR)
        seed = zlib.crc32(np.ascontiguousarray(recording.samples).tobytes())
        energies += DITHER * np.random.default_rng(seed).normal(size=energies.shape)
        about = [np.log(loudness), np.log(recording.seconds)]
        return np.concatenate([energies.ravel(), about]).astype(np.float32)

    def energies(self, rows: Array) -> Array:
        """(n, frames, bands): the cells that are a picture, in nats."""
        return rows[:, :-ABOUT].reshape(len(rows), self.frames, self.bands)

    def recording(self, row: Array, random: np.random.Generator, longest: float) -> Recording:
        """A recording of 16 bits with about this row, of at most ``longest`` seconds; phases are found from random
        ones."""
        loudness, seconds = np.exp(row[-2]), min(float(np.exp(row[-1])), longest)
        window = window_of(self.rate)
        frames = max(1, round((seconds * self.rate - window) / (window // 4)) + 1)
        energies = _at(self.energies(row[None].astype(np.float64))[0], frames)
        x = samples_of(magnitudes(energies, self.rate, FLOOR), random)
        x *= min(loudness / (np.sqrt(np.mean(np.square(x))) + 1e-9), 0.99 / (np.abs(x).max() + 1e-9))
        return Recording(np.round(x * 32767).astype(np.int16), self.rate)


def _at(energies: Array, frames: int) -> Array:
    """Energies at another number of frames, by straight lines between them."""
    places = np.linspace(0, len(energies) - 1, frames)
    low = np.minimum(places.astype(int), len(energies) - 2)
    part = (places - low)[:, None]
    return np.asarray((1 - part) * energies[low] + part * energies[low + 1])
