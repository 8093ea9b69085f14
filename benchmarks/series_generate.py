"""Generated windows of series: ours beside a block bootstrap, a Gaussian and TimeVAE.

ETTh1 in windows of 24 and of 140 hours, seven channels: hours in blocks of 500, every fifth block is asked, windows
lie within the others; ECG5000: 400 of its 500 beats of 140 steps train. Channels are scaled to 0 to 1 by the training
windows. ``discriminative``: |accuracy − ½| of a GRU between generated and training windows (Yoon et al., 2019: 80 % of
each to learn); ``disc_asked``: and asked windows, which also differ by when they were measured; ``careful``: of a GRU
that sees changes from step to step, reads both ways and pools its states, training windows (the published one takes a
Gaussian for real); ``tstr``: mean absolute error of a one-step predictor learnt from generated windows, on asked ones;
``context``: Fréchet distance to training windows of the features of a small network that fills masked stretches,
learnt in the run on them; ``copies``: share of windows nearer to a training than to an asked window, ½ without copies.
``real``: one half of the training windows in place of generated ones, the other in place of training ones: the floor
of each figure.

    python benchmarks/series_generate.py --cache generate.json --minutes 5 --json docs/results/series_generate.json
    python benchmarks/series_generate.py --cache generate.json --go-on ours.json --sets etth1_24
"""

from __future__ import annotations

import argparse
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from common import Array, write_json
from series_common import case_figures, flat, parsed, series_options
from series_data import heartbeats, transformer, windows_of
from series_ours import generated
from series_realism import Careful, Context, copies, discriminative, next_step_error
from series_samplers import SAMPLERS
from tables_common import Clock, Figures, print_group

KINDS: dict[str, dict[str, Any]] = {"ours": {}}
BLOCK, MOST = 500, 5000
SETS = ("etth1_24", "ecg5000", "etth1_140")
SHOWN = (
    *("discriminative", "disc_asked", "careful", "tstr", "context", "copies"),
    *("fit_seconds", "windows_per_s"),
)


class Case(NamedTuple):
    """Windows (n, steps, channels) that train and those asked."""

    train: Array
    asked: Array


def windows(name: str, seed: int) -> Case:
    """The windows of a set, scaled."""
    rng = np.random.default_rng(seed)
    if name == "ecg5000":
        x = heartbeats()[0][rng.permutation(500), :, None]
        train, asked = x[:400], x[400:]
    else:
        values, size = transformer().to_numpy(float), int(name.split("_")[1])
        blocks = np.arange(len(values)) // BLOCK
        first = np.arange(len(values) - size + 1)
        held = blocks[first] % 5 == 4
        held_end = blocks[first + size - 1] % 5 == 4
        every = windows_of(values, size)
        train, asked = every[~held & ~held_end], every[held & held_end & (blocks[first] == blocks[first + size - 1])]
        train, asked = (part[rng.permutation(len(part))] for part in (train, asked))
    low, high = train.min((0, 1)), train.max((0, 1))
    train, asked = ((part - low) / (high - low) for part in (train, asked))
    return Case(train[:MOST], asked[:MOST])


def judged(case: Case, made: Array, seconds: dict[str, float], args: argparse.Namespace) -> Figures:
    """Figures of generated windows."""
    steps, seed = (60 if args.quick else 1000), args.seed
    long = made.shape[1] > 50
    steps = steps // 2 if long else steps
    speed = {"windows_per_s": len(made) / seconds["generate"]} if "generate" in seconds else {}
    return speed | {
        "discriminative": discriminative(case.train, made, seed, steps),
        "disc_asked": discriminative(case.asked, made, seed, steps),
        "careful": discriminative(case.train, made, seed, steps // 2, Careful),
        "tstr": next_step_error(made, case.asked, seed, steps),
        "context": args.context.distance(made, case.train),
        "copies": copies(made, case.train, case.asked, seed),
        "fit_seconds": seconds["fit"],
    }


def one_case(name: str, args: argparse.Namespace) -> dict[str, Figures]:
    """Every system's figures on one set."""
    case = windows(name, args.seed)
    args.context = Context(case.train, args.seed, 50 if args.quick else 1500)
    count, minutes = len(case.train), 0.1 if args.quick else args.minutes

    def real() -> Figures:
        apart = case._replace(train=case.train[: count // 2])
        return judged(apart, case.train[count // 2 :], {"fit": 0.0}, args)

    def measure(system: str) -> Figures:
        clock = Clock()
        made = SAMPLERS[system](case.train, count, args.seed, minutes)
        clock("fit")
        return judged(case, made, clock.seconds, args)

    def ours(options: dict[str, Any]) -> Figures:
        made, seconds = generated(options, case.train, count, args.seed)
        return judged(case, made, seconds, args)

    systems = {"real": real, **{system: partial(measure, system) for system in SAMPLERS}}
    return case_figures(args, f"{name}.{args.seed}", systems, ours, "discriminative")


def main() -> None:
    """Run every set; print its table."""
    parser = series_options(__doc__ or "")
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--minutes", type=float, default=5.0, help="training time of TimeVAE")
    args = parsed(parser, KINDS)
    figures: Figures = {}
    for name in ("ecg5000",) if args.quick else args.sets.split(","):
        figures |= flat(name, one_case(name, args))
        print_group(figures, name, SHOWN)
    write_json(args.json, figures, args.seed)


if __name__ == "__main__":
    main()
