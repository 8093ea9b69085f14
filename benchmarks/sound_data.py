"""Spoken digits, damaged on purpose, and their mel spectrograms: what ours and the opponents of ``sound.py`` share.

Recordings 0 to 9 of each digit and speaker train, 10 to 14 are asked.
"""

from __future__ import annotations

import wave
from pathlib import Path
from typing import NamedTuple

import numpy as np
from common import Array, data_folder
from scipy.fft import dct

RATE = 8000
"""Samples a second."""
MELS = 32
FRAMES = 32
"""Bands and frames of a mel spectrogram; a recording's frames are spread over its whole length."""


class Spoken(NamedTuple):
    """Recordings as int16 arrays, the digit and the speaker of each."""

    recordings: list[Array]
    digits: Array
    speakers: Array

    def where(self, chosen: Array) -> Spoken:
        """The recordings that ``chosen`` (bool) marks."""
        kept = [recording for recording, keep in zip(self.recordings, chosen, strict=True) if keep]
        return Spoken(kept, self.digits[chosen], self.speakers[chosen])


def spoken_digits(split: str, folder: Path | None = None) -> Spoken:
    """The recordings of ``split``: "train" (0 to 9 of each digit and speaker) or "asked" (10 to 14)."""
    numbers = range(10) if split == "train" else range(10, 15)
    found = []
    for path in sorted((folder or data_folder() / "audio" / "fsdd").glob("*.wav")):
        digit, speaker, number = path.stem.split("_")
        if int(number) in numbers:
            with wave.open(str(path)) as file:
                samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16)
            found.append((samples, int(digit), speaker))
    recordings, digits, speakers = zip(*found, strict=True)
    return Spoken(list(recordings), np.array(digits), np.array(speakers))


class Damaged(NamedTuple):
    """A damaged recording (int16), and which of its samples are damaged (bool)."""

    samples: Array
    where: Array


def with_clicks(recording: Array, seed: int) -> Damaged:
    """A click of 1 to 4 samples every 400 on the average, each sample moved by .3 to 1 of the recording's peak."""
    rng = np.random.default_rng([seed, len(recording)])
    where = bursts(len(recording), 1 / 400, (1, 4), rng)
    size = rng.uniform(0.3, 1, len(recording)) * rng.choice([-1, 1], len(recording))
    moved = recording + where * size * np.abs(recording.astype(np.int32)).max()
    return Damaged(np.clip(np.round(moved), -32768, 32767).astype(np.int16), where)


def with_dropouts(recording: Array, seed: int) -> Damaged:
    """A dropout of 16 to 80 samples (2 to 10 ms) every 800 on the average, whose samples are 0."""
    rng = np.random.default_rng([seed, len(recording), 1])
    where = bursts(len(recording), 1 / 800, (16, 80), rng)
    return Damaged(np.where(where, 0, recording).astype(np.int16), where)


def bursts(steps: int, rate: float, lengths: tuple[int, int], rng: np.random.Generator) -> Array:
    """(steps,) bool: at least one burst, none in the first or last hundredth of the recording."""
    where, edge = np.zeros(steps, bool), steps // 100 + 1
    for _ in range(max(1, rng.poisson(steps * rate))):
        length = int(rng.integers(lengths[0], lengths[1] + 1))
        start = int(rng.integers(edge, steps - edge - length))
        where[start : start + length] = True
    return where


def snr(clean: Array, found: Array, where: Array | None = None) -> float:
    """Signal-to-noise ratio in dB, of all samples or of those that ``where`` marks; at most 120."""
    chosen = np.ones(len(clean), bool) if where is None else where
    signal = np.square(clean[chosen].astype(np.float64)).sum()
    error = np.square(clean[chosen].astype(np.float64) - found[chosen].astype(np.float64)).sum()
    return float(10 * np.log10(max(signal, 1.0) / max(error, max(signal, 1.0) * 1e-12)))


def mel_spectrogram(recording: Array, rate: int = RATE) -> Array:
    """(FRAMES, MELS) log mel energies in nats, less their mean: 256-sample Hann windows spread over the recording."""
    x = recording.astype(np.float64)
    x = np.pad(x / max(np.abs(x).max(), 1.0), (0, max(0, 256 - len(x))))
    starts = np.linspace(0, len(x) - 256, FRAMES).round().astype(int)
    frames = np.stack([x[start : start + 256] for start in starts]) * np.hanning(256)
    power = np.abs(np.fft.rfft(frames)) ** 2
    found = np.log(power @ _mel_bands(rate).T + 1e-4)
    return np.asarray(found - found.mean())


def _mel_bands(rate: int) -> Array:
    """(MELS, 129) triangles, evenly spaced in mel from 60 Hz to half the rate."""
    edges = 700 * (10 ** (np.linspace(_mel(60), _mel(rate / 2), MELS + 2) / 2595) - 1)
    hertz = np.linspace(0, rate / 2, 129)
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    return np.asarray(np.clip(np.minimum((hertz - low) / (centre - low), (high - hertz) / (high - centre)), 0, None))


def _mel(hertz: float) -> float:
    return float(2595 * np.log10(1 + hertz / 700))


def cepstra(recording: Array, rate: int = RATE) -> Array:
    """(FRAMES · 13,) mel-frequency cepstral coefficients, features of a classifier of digits."""
    return np.asarray(dct(mel_spectrogram(recording, rate), axis=1, norm="ortho")[:, :13].ravel())
