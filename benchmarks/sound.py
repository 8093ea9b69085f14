"""Spoken digits (FSDD, 8 kHz, six speakers): all questions about sound, beside what is used for each.

Recordings 0 to 9 of each digit and speaker train, 10 to 14 are asked. ``bits`` are those of a sample over all asked
recordings: of FLAC -8 and WavPack -hh -x6 with a file for each recording and with one for all, of linear prediction
from the past in an ideal code, and of ours in one file (``with_weights``: the model's file counted too). ``mend`` is
the mean signal-to-noise ratio in dB of a third of the asked recordings after clicks (1 to 4 samples, every 400 on the
average) or dropouts (zeros of 2 to 10 ms, every 800 samples) were put in; ``inside`` is that of the damaged samples
alone, where their places are given. ``strange`` is the AUROC of each digit that training has not seen among all asked
recordings. ``clips`` is the share of generated clips that a classifier names rightly which was trained on real ones;
``real`` is its share on asked recordings, ``resynthesised`` on these after a mel spectrogram and back. Settings of
the opponents are chosen on training recordings.

    python benchmarks/sound.py --json docs/results/sound.json --model sound.safetensors
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from common import Array, options
from journal import Journal
from sklearn.metrics import roc_auc_score
from sound_data import RATE, Damaged, Spoken, snr, spoken_digits, with_clicks, with_dropouts
from sound_opponents import (
    ORDERS,
    PACKERS,
    best_on,
    digit_classifier,
    interpolated,
    line_through,
    mend_by_median,
    mend_by_residuals,
    mend_zero_runs,
    nearest_five,
    packed_bits,
    predicted_bits,
)

from quintet import Recording, Sound, load
from quintet.data.sequences.sound.clips import ClipShape
from quintet.estimators._sound.fitting import fit_clips

Figures = dict[str, float]
DAMAGE: dict[str, Callable[[Array, int], Damaged]] = {"clicks": with_clicks, "dropouts": with_dropouts}
EACH = 10
"""Generated clips of each digit, times ten."""


def packers(train: Spoken, asked: Spoken) -> Figures:
    """Bits a sample of what knows no recording beforehand, and of linear prediction."""
    found = {f"bits.{name}": packed_bits(name, asked.recordings) for name in PACKERS}
    found |= {f"bits.{name}_joined": packed_bits(name, [np.concatenate(asked.recordings)]) for name in PACKERS}
    some = train.recordings[::30]
    settings = [(order, window) for order in (16, 32) for window in (256, 512)]
    best = min(settings, key=lambda setting: predicted_bits(some, *setting))
    return found | {"bits.linear_prediction": predicted_bits(asked.recordings, *best)}


def our_bits(sound: Sound, file: Path, asked: Spoken) -> Figures:
    """Bits a sample of ours, samples a second, and whether all were restored."""
    samples = sum(map(len, asked.recordings))
    began = time.perf_counter()
    blob = sound.compress(asked.recordings, effort="low")
    packed = time.perf_counter()
    back = sound.decompress(blob)
    unpacked = time.perf_counter()
    equal = all(np.array_equal(one, other) for one, other in zip(asked.recordings, back, strict=True))
    return {
        "bits.ours": 8 * len(blob) / samples,
        "bits.ours_with_weights": 8 * (len(blob) + file.stat().st_size) / samples,
        "bits.ours_lossless": float(equal),
        "speed.compress": samples / (packed - began),
        "speed.decompress": samples / (unpacked - packed),
    }


def mean_snr(clean: list[Array], mended: list[Array], damaged: list[Damaged], inside: bool = False) -> float:
    """Mean over recordings, in dB."""
    rows = zip(clean, mended, damaged, strict=True)
    return float(np.mean([snr(x, y, bad.where if inside else None) for x, y, bad in rows]))


def fillers(train: Spoken, asked: list[Array], seed: int) -> Figures:
    """Opponents that mend, blind or with the places given."""
    some, found = train.recordings[::12], Figures()
    for name, damage in DAMAGE.items():
        shown, bad = [damage(x, seed) for x in some], [damage(x, seed) for x in asked]

        def known(each: Damaged, order: int) -> Array:
            return interpolated(each.samples, each.where, order)

        order = best_on(ORDERS, some, shown, known, inside=True)
        answers = {
            "damaged": [each.samples for each in bad],
            "autoregression_known": [known(each, order) for each in bad],
            "lines_known": [line_through(each.samples, each.where) for each in bad],
        }
        blind: dict[str, tuple[list[tuple[int, float]], Callable[..., Array]]] = {
            "autoregression": ([(o, t) for o in (8, 16, 32) for t in (6, 9, 13, 18)], mend_by_residuals),
            "median": ([(w, t) for w in (3, 5, 7, 9) for t in (0, 5, 8, 12, 20)], mend_by_median),
        }
        if name == "dropouts":
            blind = {"autoregression": ([(o, n) for o in (64, 100, 150) for n in (6, 10, 16)], mend_zero_runs)}
        for opponent, (settings, mend) in blind.items():
            setting = best_on(settings, some, shown, lambda each, s, mend=mend: mend(each.samples, *s))
            answers[opponent] = [mend(each.samples, *setting) for each in bad]
        found |= {f"mend.{name}.{who}": mean_snr(asked, mended, bad) for who, mended in answers.items()}
        for who in ("autoregression_known", "lines_known"):
            found[f"inside.{name}.{who}"] = mean_snr(asked, answers[who], bad, inside=True)
    return found


def our_mending(sound: Sound, asked: list[Array], seed: int) -> Figures:
    """Ours, blind and with the places given; ``touched``: share of undamaged samples that denoise changed."""
    found = Figures()
    for name, damage in DAMAGE.items():
        bad = [damage(x, seed) for x in asked]
        blind = sound.denoise([each.samples for each in bad])
        known = sound.impute([each.samples for each in bad], mask=[each.where for each in bad])
        found[f"mend.{name}.ours"] = mean_snr(asked, blind, bad)
        found[f"mend.{name}.ours_known"] = mean_snr(asked, known, bad)
        found[f"inside.{name}.ours_known"] = mean_snr(asked, known, bad, inside=True)
        changed = np.concatenate([y != each.samples for y, each in zip(blind, bad, strict=True)])
        where = np.concatenate([each.where for each in bad])
        found[f"found.{name}.ours"] = float(changed[where].mean())
        found[f"touched.{name}.ours"] = float(changed[~where].mean())
    clean = sound.denoise(asked)
    found["touched.clean.ours"] = float(np.mean(np.concatenate(clean) != np.concatenate(asked)))
    return found


def strange(train: Spoken, asked: Spoken, digits: list[int], minutes: float, seed: int) -> Figures:
    """AUROC of each digit held out of training, by the model of clips alone: that of frames takes no part in it."""
    found = Figures()
    for digit in digits:
        kept = train.where(train.digits != digit)
        truth = asked.digits == digit
        found[f"strange.{digit}.5nn"] = float(roc_auc_score(truth, nearest_five(kept.recordings, asked.recordings)))
        shared = {"max_minutes": minutes, "random_state": seed, "verbose": False}
        clips, shape = fit_clips([Recording(x, RATE) for x in kept.recordings], kept.digits, shared)
        scores = clips.detect(shape.rows([Recording(x, RATE) for x in asked.recordings])).scores
        found[f"strange.{digit}.ours"] = float(roc_auc_score(truth, scores))
        print(digit, found[f"strange.{digit}.ours"], found[f"strange.{digit}.5nn"], file=sys.stderr, flush=True)
    for who in ("5nn", "ours"):
        found[f"strange.mean.{who}"] = float(np.mean([found[f"strange.{digit}.{who}"] for digit in digits]))
    return found


def clips(sound: Sound, train: Spoken, asked: Spoken, seed: int) -> Figures:
    """Generated clips, named by a classifier of real recordings."""
    name = digit_classifier(train.recordings, train.digits)
    wanted = np.repeat(np.arange(10), EACH)
    random = np.random.default_rng(seed)
    made = [recording.samples for recording in sound.generate(len(wanted), wanted, random_state=seed)]
    shape = ClipShape(RATE)
    rows = shape.rows([Recording(x, RATE) for x in asked.recordings])
    again = [shape.recording(row, random, 10.0).samples for row in rows]
    right = name(made) == wanted
    return {
        "clips.ours": float(right.mean()),
        "clips.real": float(np.mean(name(asked.recordings) == asked.digits)),
        "clips.resynthesised": float(np.mean(name(again) == asked.digits)),
        **{f"clips.ours.{digit}": float(right[wanted == digit].mean()) for digit in range(10)},
    }


def fitted(args: object, train: Spoken) -> tuple[Sound, Path]:
    """The model of all training recordings, from its file where that is there."""
    file = args.model or Path("sound.safetensors")  # type: ignore[attr-defined]
    if not file.exists():
        sound = Sound(max_minutes=args.minutes, random_state=args.seed, verbose=False)  # type: ignore[attr-defined]
        sound.fit(train.recordings, train.digits, rate=RATE).save(file)
    return load(file), file


def main() -> None:
    """Run what the file of figures lacks."""
    parser = options(__doc__ or "")
    parser.add_argument("--model", type=Path, help="the weights file: read where it is there, else written")
    parser.add_argument("--minutes", type=float, default=9.5, help="of the fit")
    parser.add_argument("--held-out-minutes", type=float, default=1.5, help="of the fit without a digit, ten times")
    parser.add_argument("--every", type=int, default=1, help="bits of every so many asked recordings, of all systems")
    parser.add_argument("--again", nargs="*", default=[], help="parts that are run although the file has them")
    parser.add_argument("--threads", type=int, default=int(os.environ.get("OMP_NUM_THREADS", "2")))
    args = parser.parse_args()
    if args.quick:
        args.minutes, args.held_out_minutes = 0.5, 0.2
    train, asked = spoken_digits("train"), spoken_digits("asked")
    third = asked.recordings[::30] if args.quick else asked.recordings[::3]
    began = time.perf_counter()
    sound, file = fitted(args, train)
    journal = Journal(args.json, sound.vae.fitted_.fingerprint, args.seed, args.again)
    journal.note({"minutes.fit": (time.perf_counter() - began) / 60, "size.model": file.stat().st_size})
    coded = asked.where(np.arange(len(asked.digits)) % args.every == 0)
    digits = [0, 9] if args.quick else list(range(10))
    settings = f"minutes {args.minutes:g} and {args.held_out_minutes:g}, {len(third)} recordings mended"
    journal.part("packers", f"every {args.every}", lambda: packers(train, coded))
    journal.part("fillers", settings, lambda: fillers(train, third, args.seed))
    journal.part("bits", f"every {args.every}", lambda: our_bits(sound, file, coded))
    journal.part("mending", settings, lambda: our_mending(sound, third, args.seed))
    journal.part("clips", settings, lambda: clips(sound, train, asked, args.seed))
    journal.part("strange", settings, lambda: strange(train, asked, digits, args.held_out_minutes, args.seed))
    for name, value in journal.figures.items():
        if name.split(".")[0] not in ("minutes", "memory"):
            print(f"{name:32} {value:.4g}")
    journal.close()


if __name__ == "__main__":
    main()
