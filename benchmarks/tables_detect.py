"""Anomalies in 18 tables of ADBench, trained on normal rows alone: ours beside seven detectors at one setting each.

Half of a table's normal rows train; the other half and all anomalies are ranked. Cells are standardised by the training
rows for the opponents. Figures are AUROC and average precision, means over tables and seeds; ``rank`` is by AUROC.
PyOD's detectors run in the interpreter that ``--opponents`` names.

    python benchmarks/tables_detect.py --opponents PYTHON --cache detect.json --json docs/results/tables_detect.json
    python benchmarks/tables_detect.py --cache detect.json --seeds 1 --ours 'columns={"kind": "columns"}' --components
    python benchmarks/tables_detect.py --tables 6_cardio,28_pendigits --seeds 2 --contamination 0.05 --systems 5nn \
        --ours ours= --ours 'aware={"training_anomalies": 0.05}'
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from common import Array, data_folder, write_json
from sklearn.ensemble import IsolationForest
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.neighbors import LocalOutlierFactor, NearestNeighbors
from sklearn.svm import OneClassSVM
from tables_common import Clock, Figures, beside, parsed, print_group, summary, table_options

from quintet import VAE

KINDS: dict[str, dict[str, Any]] = {"ours": {}, "ours_columns": {"kind": "columns"}}
PYOD = ("ecod", "deep_svdd", "autoencoder")
MEMORY = 2_000
"""Most training rows of the one-class SVM, whose kernel grows with their square, in a quick run."""


class Nearest:
    """Mean distance to the five nearest training rows."""

    def fit(self, x: Array) -> Nearest:
        """Keep the rows."""
        self.index = NearestNeighbors(n_neighbors=5).fit(x)
        return self

    def score_samples(self, x: Array) -> Array:
        """Higher is more normal."""
        return -np.asarray(self.index.kneighbors(x)[0].mean(1))


DETECTORS: dict[str, Callable[[int], Any]] = {
    "5nn": lambda seed: Nearest(),
    "lof": lambda seed: LocalOutlierFactor(n_neighbors=20, novelty=True),
    "isolation_forest": lambda seed: IsolationForest(random_state=seed),
    "ocsvm": lambda seed: OneClassSVM(),
}


def judged(scores: Array, truth: Array, seconds: dict[str, float]) -> Figures:
    """AUROC and average precision of scores, of which higher is stranger."""
    return {
        "auroc": float(roc_auc_score(truth, scores)),
        "ap": float(average_precision_score(truth, scores)),
        "fit_seconds": seconds["fit"],
        "rows_per_s": len(truth) / seconds["score"],
    }


def by_ours(options: dict[str, Any], train: Array, test: Array, truth: Array, seed: int) -> dict[str, Figures]:
    """Figures of the default score, under "", and of each component."""
    names = [f"x{j}" for j in range(train.shape[1])]
    framed = options.get("kind") == "columns"
    rows = [pd.DataFrame(part, columns=names) if framed else part for part in (train, test)]
    clock = Clock()
    vae = VAE(random_state=seed, **options).fit(rows[0])
    clock("fit")
    found = vae.detect(rows[1])
    clock("score")
    scores = {"": found.scores, **{f"/{name}": part for name, part in found.components.items()}}
    return {name: judged(np.asarray(part), truth, clock.seconds) for name, part in scores.items()}


def one_case(name: str, seed: int, args: argparse.Namespace) -> dict[str, Figures]:
    """Every system's figures on one table and seed."""
    stored = np.load(data_folder() / "adbench" / f"{name}.npz")
    x, y = stored["X"].astype(float), stored["y"].astype(int)
    normal = np.random.default_rng(seed).permutation(np.flatnonzero(y == 0))
    kept, asked = np.split(normal, [len(normal) // 2])
    kept = kept[:MEMORY] if args.quick else kept
    strange = np.random.default_rng(seed).permutation(np.flatnonzero(y == 1))
    planted = min(round(args.contamination * len(kept) / (1 - args.contamination)), len(strange) // 2)
    asked = np.concatenate([asked, np.sort(strange[planted:])])
    kept = np.random.default_rng(seed).permutation(np.concatenate([kept, strange[:planted]])) if planted else kept
    train, test, truth = x[kept], x[asked], y[asked]
    loc, scale = train.mean(0), train.std(0)
    plain = [(part - loc) / np.where(scale > 0, scale, 1.0) for part in (train, test)]

    def measure(system: str) -> Figures:
        clock = Clock()
        if system in PYOD:
            frames = {k: pd.DataFrame(part).add_prefix("x") for k, part in zip(("train", "test"), plain, strict=True)}
            answer = args.elsewhere.run(system, "detect", frames, seed=seed)
            return judged(answer.frames["scores"]["score"].to_numpy(), truth, dict(answer.seconds))
        detector = DETECTORS[system](seed).fit(plain[0])
        clock("fit")
        scores = -detector.score_samples(plain[1])
        clock("score")
        return judged(scores, truth, clock.seconds)

    systems = {system: partial(measure, system) for system in [*DETECTORS, *PYOD]}
    case = f"{name}.{len(kept)}.{seed}{'.contaminated' * (planted > 0)}"
    found = beside(args, case, systems)
    for system, options in args.kinds.items():
        measure_ours = partial(by_ours, options, train, test, truth, seed)
        parts = args.kept.of(f"{case}.{json.dumps(options)}", measure_ours)
        found |= {f"{system}{part}": figures for part, figures in parts.items() if args.components or not part}
    line = ", ".join(f"{system} {figures['auroc']:.3f}" for system, figures in found.items())
    print(f"{name}, seed {seed}: {line}", file=sys.stderr, flush=True)
    return found


def main() -> None:
    """Run every case; print the means."""
    parser = table_options(__doc__ or "")
    parser.add_argument("--tables", help="some of the tables, by name", type=lambda text: text.split(","))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--components", action="store_true", help="the parts of our score too")
    parser.add_argument("--contamination", type=float, default=0.0, help="share of anomalies in the training rows")
    args = parsed(parser, KINDS)
    names = args.tables or sorted(path.stem for path in (data_folder() / "adbench").glob("*.npz"))
    names = sorted(names, key=lambda name: (data_folder() / "adbench" / f"{name}.npz").stat().st_size)
    names = names[:4] if args.quick else names
    results = [
        (("all", name), one_case(name, args.seed + seed, args))
        for name in names
        for seed in range(1 if args.quick else args.seeds)
    ]
    figures = summary(results, "auroc")
    print_group(figures, "all", ("auroc", "ap", "rank", "fit_seconds", "rows_per_s"))
    write_json(args.json, figures, args.seed)


if __name__ == "__main__":
    main()
