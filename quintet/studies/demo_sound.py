"""The demo's sounds: tones in two classes, and new ones from a small model of them."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from quintet.data.sequences.sound.recording import Recording
from quintet.data.sequences.sound.wav import save_wav
from quintet.errors import QuintetWarning
from quintet.estimators.sound import Sound

Array = np.ndarray[Any, Any]
SOUNDS = "sounds"
"""Folder of the WAV files."""
RATE = 8_000
TRAINED, EPOCHS = 10, 12
"""Tones that train the model, and its epochs: seconds."""
NEW = 3
"""New tones of each class."""
CLASSES = ("falling", "rising")


def write_sounds(folder: Path, seed: int) -> str:
    """Fit a model of tones, write WAV files into a new folder, and say what they are."""
    labels = [CLASSES[i % 2] for i in range(TRAINED)]
    tones = [tone(label, np.random.default_rng((seed, i))) for i, label in enumerate(labels)]
    with warnings.catch_warnings():  # on p-values, which nothing here asks for
        warnings.simplefilter("ignore", QuintetWarning)
        sound = Sound(epochs=EPOCHS, frame=128, calibration=0.0, random_state=seed, verbose=False).fit(
            tones, labels, rate=RATE
        )
    folder.mkdir()
    for label in CLASSES:
        save_wav(folder / f"real_{label}.wav", Recording(tones[labels.index(label)], RATE))
        for number, clip in enumerate(sound.generate(NEW, label, random_state=seed)):
            save_wav(folder / f"new_{label}_{number}.wav", clip)
    return (
        f"Sounds: a model of {TRAINED} falling and rising tones made {NEW * len(CLASSES)} new ones. "
        f"The WAV files are in the folder {folder.name}."
    )


def tone(label: str, rng: np.random.Generator) -> Array:
    """A tone of .4 to .6 s whose pitch falls or rises by about an octave, with two overtones, int16."""
    steps = int(rng.uniform(0.4, 0.6) * RATE)
    place = np.linspace(0, 1, steps)
    octaves = (place if label == "rising" else 1 - place) * rng.uniform(0.8, 1.2)
    phase = 2 * np.pi * np.cumsum(rng.uniform(220, 330) * 2**octaves) / RATE
    wave = sum(np.sin(k * phase) / k for k in (1, 2, 3)) * np.sin(np.pi * place) ** 0.5
    return np.asarray(np.round(rng.uniform(5_000, 9_000) * wave + 20 * rng.normal(size=steps)).astype(np.int16))
