"""Strange heartbeats of ECG5000: ours beside three detectors, trained on normal beats alone.

Half of the normal beats (class 1) train; the other half and the beats of the four other classes are ranked. Means over
seeds, each with another half. ``auroc``, ``ap``: average precision; ``sd``: standard deviation of AUROC over seeds;
``false_alarms``, ``found``: shares of normal and of strange beats with p ≤ .05, of ours. Opponents see the beats as
they are, each of mean 0 and spread 1: standardised by step they find less. Neighbours are 5, of the local outlier
factor 20.

    python benchmarks/heartbeats.py --json docs/results/heartbeats.json
    python benchmarks/heartbeats.py --cache beats.json --go-on ours.json --seeds 3
"""

from __future__ import annotations

import argparse
from functools import partial
from typing import Any

import numpy as np
from common import write_json
from series_common import case_figures, flat, means, parsed, series_options
from series_data import heartbeats
from series_ours import beats
from tables_common import Clock, Figures, print_group
from tables_detect import DETECTORS, judged

OPPONENTS = ("5nn", "lof", "isolation_forest")
KINDS: dict[str, dict[str, Any]] = {"ours": {}}


def one_case(seed: int, args: argparse.Namespace) -> dict[str, Figures]:
    """Every system's figures with one half of the normal beats."""
    x, classes = heartbeats()
    normal = np.random.default_rng(seed).permutation(np.flatnonzero(classes == 1))
    kept = normal[: len(normal) // 2]
    asked = np.setdiff1d(np.arange(len(x)), kept)
    train, test, truth = x[kept], x[asked], (classes[asked] != 1).astype(int)

    def measure(system: str) -> Figures:
        clock = Clock()
        detector = DETECTORS[system](seed).fit(train)
        clock("fit")
        scores = -detector.score_samples(test)
        clock("score")
        return judged(scores, truth, clock.seconds)

    def ours(options: dict[str, Any]) -> Figures:
        found = beats(options, train, test, seed)
        alarm = found.p_values <= 0.05
        shares = {"false_alarms": float(alarm[truth == 0].mean()), "found": float(alarm[truth == 1].mean())}
        return judged(found.scores, truth, found.seconds) | shares

    return case_figures(args, f"ecg5000.{seed}", {name: partial(measure, name) for name in OPPONENTS}, ours, "auroc")


def main() -> None:
    """Run every seed; print the means."""
    parser = series_options(__doc__ or "")
    parser.add_argument("--seeds", type=int, default=5)
    args = parsed(parser, KINDS)
    found = [one_case(args.seed + seed, args) for seed in range(1 if args.quick else args.seeds)]
    mean = means(found)
    for system, figures in mean.items():
        figures["sd"] = float(np.std([case[system]["auroc"] for case in found]))
    figures = flat("ecg5000", mean)
    print_group(figures, "ecg5000", ("auroc", "sd", "ap", "false_alarms", "found", "fit_seconds", "rows_per_s"))
    write_json(args.json, figures, args.seed)


if __name__ == "__main__":
    main()
