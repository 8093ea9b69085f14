"""Speed of the answers about lines of text and recordings, without opponents.

A model of review sentences and one of spoken digits are fitted for ``--minutes`` each, or read from ``--text`` and
``--sound``; each answer is then given once for ``--lines`` asked sentences and ``--recordings`` asked recordings.
``compress`` leaves out the trial decoding that checks a file (``effort="low"``); ``checked`` has it. Speeds are
characters (with their line feeds) and samples per second of the clock, and ``_cpu`` per second of the processor;
``first`` is a model's first file, for which the training lines are counted. ``bits`` are those of a file per character
or sample.

    python benchmarks/sequence_speed.py --json speed.json
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from common import filling, options, write_json
from sound_data import RATE, spoken_digits
from text_data import characters, split

from quintet import VAE, Sound, Text, load

Figures = dict[str, float]


def timed(figures: Figures, name: str, count: float, answer: Callable[[], Any]) -> Any:
    """An answer, whose speed is put among the figures."""
    clock, processor = time.perf_counter(), time.process_time()
    found = answer()
    figures[f"{name}_cpu"] = count / (time.process_time() - processor)
    figures[name] = count / (time.perf_counter() - clock)
    print(f"{name:28} {figures[name]:10.0f} /s {figures[f'{name}_cpu']:10.0f} /s of processor", flush=True)
    return found


def of_text(text: Text, lines: list[str]) -> Figures:
    """Characters a second of each answer about lines."""
    count, figures = characters(lines), Figures()
    timed(figures, "text.first", characters(lines[:4]), lambda: text.compress(lines[:4], effort="low"))
    blob = timed(figures, "text.compress", count, lambda: text.compress(lines, effort="low"))
    figures["text.bits"] = 8 * len(blob) / count
    assert timed(figures, "text.decompress", count, lambda: text.decompress(blob)) == lines
    timed(figures, "text.checked", count, lambda: text.compress(lines))
    timed(figures, "text.detect", count, lambda: text.detect(lines))
    holes = ["".join("_" if place % 20 == 10 else sign for place, sign in enumerate(line)) for line in lines]
    timed(figures, "text.impute", count, lambda: text.impute(holes))
    found: list[str] = []
    timed(figures, "text.generate_lines", len(lines), lambda: found.extend(text.generate(len(lines))))
    return figures


def of_sound(sound: Sound, recordings: list[Any]) -> Figures:
    """Samples a second of each answer about recordings."""
    count, figures = sum(map(len, recordings)), Figures()
    timed(figures, "sound.first", len(recordings[0]), lambda: sound.compress(recordings[:1], effort="low"))
    blob = timed(figures, "sound.compress", count, lambda: sound.compress(recordings, effort="low"))
    figures["sound.bits"] = 8 * len(blob) / count
    back = timed(figures, "sound.decompress", count, lambda: sound.decompress(blob))
    assert all(np.array_equal(one, other) for one, other in zip(recordings, back, strict=True))
    timed(figures, "sound.checked", count, lambda: sound.compress(recordings))
    timed(figures, "sound.detect", count, lambda: sound.detect(recordings))
    masks = [np.arange(len(each)) % 800 < 40 for each in recordings]
    timed(figures, "sound.impute", count, lambda: sound.impute(recordings, mask=masks))
    timed(figures, "sound.generate_clips", 10, lambda: sound.generate(10))
    return figures


def main() -> None:
    """Fit or read the models, and time their answers."""
    parser = options(__doc__ or "")
    parser.add_argument("--minutes", type=float, default=1.0, help="of each fit")
    parser.add_argument("--text", help="a saved model of lines")
    parser.add_argument("--sound", help="a saved model of recordings")
    parser.add_argument("--lines", type=int, default=1000)
    parser.add_argument("--recordings", type=int, default=100)
    parser.add_argument("--only", choices=("text", "sound"))
    args = parser.parse_args()
    if args.quick:
        args.minutes, args.lines, args.recordings = 0.2, 50, 5
    figures = Figures()
    if args.only != "sound":
        lines = split("sentences", args.seed)
        vae = VAE(**{**filling(args.minutes), "calibration": 0.1}, verbose=False)
        text = load(args.text) if args.text else Text(vae, random_state=args.seed).fit(lines.train)
        figures |= of_text(text, lines.test[: args.lines])
    if args.only != "text":
        train, asked = spoken_digits("train"), spoken_digits("asked")
        if args.sound:
            sound = load(args.sound)
        else:
            plain = Sound(max_minutes=args.minutes, random_state=args.seed, verbose=False)
            sound = plain.fit(train.recordings, train.digits, rate=RATE)
        few = np.linspace(0, len(asked.recordings) - 1, min(args.recordings, len(asked.recordings))).astype(int)
        figures |= of_sound(sound, [asked.recordings[which] for which in few])
    write_json(args.json, figures, args.seed)


if __name__ == "__main__":
    main()
