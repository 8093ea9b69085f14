"""Figures of docs/sound.md: clicks in spoken digits and what they are mended to, and generated clips by digit.

The spoken digits of ``sound.py``; the training recordings train a model for a minute and a half, or a model is given
that `quintet fit` made of them.

python benchmarks/picture_sound.py --out docs/images
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from PIL import Image
from sound_data import RATE, Spoken, spoken_digits, with_clicks

from quintet import Recording, Sound, load
from quintet.report.figures.sound_waves import Wave, spectrograms, waves

SHOWN = (7, 3)
"""Digits whose waveforms are drawn."""
STEPS = 480
"""Steps of a waveform."""


def main() -> None:
    """Train or load, ask, draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    parser.add_argument("--minutes", type=float, default=1.5)
    parser.add_argument("--model", type=Path, help="a model of the training recordings; None: train one")
    parser.add_argument("--save", type=Path, help="where to write the trained model")
    args = parser.parse_args()
    if args.model:
        sound = load(args.model)
    else:
        train = spoken_digits("train")
        sound = Sound(max_minutes=args.minutes, verbose=False).fit(
            train.recordings, train.digits.astype(str), rate=RATE
        )
    if args.save:
        sound.save(args.save)
    saved(draw_clicks(sound, spoken_digits("asked")), args.out / "sound_clicks.png")
    saved(draw_clips(sound), args.out / "sound_clips.png")


def saved(figure: Figure, path: Path) -> None:
    """Write a PNG of few colours, which is small."""
    content = io.BytesIO()
    figure.savefig(content, dpi=100)
    Image.open(content).convert("RGB").quantize(96).save(path, optimize=True)


def draw_clicks(sound: Sound, asked: Spoken) -> Figure:
    """Held-out recordings with clicks, around the loudest of their damaged steps."""
    chosen = [int(np.flatnonzero(asked.digits == digit)[0]) for digit in SHOWN]
    truth = [asked.recordings[i] for i in chosen]
    damaged = [with_clicks(each, 0) for each in truth]
    mended = sound.denoise([each.samples for each in damaged])
    plots = []
    for digit, clean, bad, new in zip(SHOWN, truth, damaged, mended, strict=True):
        loud = np.convolve(np.abs(clean.astype(float)), np.ones(STEPS), mode="same")
        places = np.flatnonzero(bad.where)
        start = int(np.clip(places[loud[places].argmax()] - STEPS // 2, 0, len(clean) - STEPS))
        some = slice(start, start + STEPS)
        parts = [each[some] / 32768 for each in (bad.samples, new, clean)]
        plots.append(Wave(f"“{digit}”", start / RATE, RATE, *parts, bad.where[some]))
    return waves(plots, "with clicks", "mended")


def draw_clips(sound: Sound) -> Figure:
    """A new clip of each digit."""
    clips: list[Recording] = sound.generate(10, [str(digit) for digit in range(10)])
    return spectrograms(clips, [f"“{digit}”" for digit in range(10)])


if __name__ == "__main__":
    main()
