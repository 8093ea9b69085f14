"""Synthetic rows of mixed tables: ours beside TabularARGN, CTGAN, TVAE, a Gaussian copula and independent columns.

Adult, and two tables made of scikit-learn's data: ``cancer`` (measurements of tumours, some cut into levels, with
missing cells, and the diagnosis) and ``strokes`` (the ink of the rows of small digits, their brightest quarter, and the
digit); of these half is held out. As many rows are drawn as train. ``c2st_test`` and ``c2st_train``: 1 − 2 (AUC − ½)
of gradient boosting that separates them from real rows, 1 = indistinguishable. ``trends``: associations of columns by
pairs. ``tstr_gap``: AUC of the table's target learnt from real rows less that learnt from synthetic ones, both on the
held-out rows. ``dcr_share``: share of synthetic rows that are nearer to a training row than to any held-out row, ½
without copies. Missing cells are drawn too, of tables that have them. CTGAN and TVAE have no limit in minutes: they
train as many epochs, at most 300, as the minutes hold.

    python benchmarks/tables_generate.py --opponents PYTHON --cache generate.json --minutes 10
    python benchmarks/tables_generate.py --tables cancer --minutes 1 --seeds 1
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from common import write_json
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.model_selection import train_test_split
from tables_common import Clock, Figures, beside, parsed, print_group, summary, table_options
from tables_data import adult
from tables_samplers import auc_of_target, c2st, closer_to_training, gaussian_copula, independent, trends

from quintet import VAE

KINDS: dict[str, dict[str, Any]] = {"ours": {}}
SAMPLERS = {"independent": independent, "gaussian_copula": gaussian_copula}
ELSEWHERE = ("mostlyai", "ctgan", "tvae")
DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
Table = tuple[pd.DataFrame, pd.DataFrame, str]


def cancer() -> pd.DataFrame:
    """569 tumours: eight measurements, two more as levels, a twentieth of some cells missing, the diagnosis."""
    found = load_breast_cancer(as_frame=True)
    frame = found.data.iloc[:, :10].copy()
    frame["texture"] = pd.qcut(frame.pop("mean texture"), 4, labels=["fine", "even", "coarse", "rough"]).astype(str)
    frame["symmetry"] = pd.qcut(frame.pop("mean symmetry"), 3, labels=["high", "middle", "low"]).astype(str)
    holes = np.random.default_rng(0).random((len(frame), 3)) < 0.05
    frame[["texture", "mean area", "mean smoothness"]] = frame[["texture", "mean area", "mean smoothness"]].mask(holes)
    frame["diagnosis"] = np.array(found.target_names)[found.target]
    return frame


def strokes() -> pd.DataFrame:
    """1,797 small digits: ink of each row, the brightest quarter, whether the centre is empty, and the digit."""
    found = load_digits()
    frame = pd.DataFrame(found.images.sum(2), columns=[f"row{i}" for i in range(8)]).astype(int)
    quarters = found.images.reshape(-1, 2, 4, 2, 4).sum((2, 4)).reshape(-1, 4).argmax(1)
    frame["quarter"] = np.array(["upper left", "upper right", "lower left", "lower right"])[quarters]
    frame["centre"] = np.where(found.images[:, 3:5, 3:5].sum((1, 2)) < 16, "empty", "inked")
    frame["digit"] = np.array(DIGITS)[found.target]
    return frame


def tables(args: argparse.Namespace) -> dict[str, Table]:
    """Training rows, held-out rows and the target's name of each table."""
    rows = 1000 if args.quick else args.rows
    found: dict[str, Table] = {}
    for name, make, target in (("cancer", cancer, "diagnosis"), ("strokes", strokes, "digit")):
        train, test = train_test_split(make(), test_size=0.5, random_state=0)
        found[name] = train.head(rows), test.head(rows), target
    found["adult"] = adult("train").head(rows), adult("test").head(rows), "wage_class"
    return {name: value for name, value in found.items() if args.tables is None or name in args.tables}


def judged(rows: pd.DataFrame, seconds: dict[str, float], parts: Table, real_auc: float) -> Figures:
    """The figures of synthetic rows."""
    train, test, target = parts
    return {
        "c2st_test": c2st(test, rows),
        "c2st_train": c2st(train, rows),
        "trends": trends(test, rows),
        "tstr_gap": real_auc - auc_of_target(rows, test, target),
        "dcr_share": closer_to_training(train, test, rows),
        "fit_seconds": seconds["fit"],
        "rows_per_s": len(rows) / seconds["generate"],
    }


def one_case(name: str, parts: Table, seed: int, args: argparse.Namespace) -> dict[str, Figures]:
    """Every system's figures on one table and seed."""
    train, test, target = parts
    real_auc, n = auc_of_target(train, test, target), len(train)

    def measure(system: str) -> Figures:
        if system in ELSEWHERE:
            plan = {"seed": seed, "rows": n, "minutes": args.minutes}
            answer = args.elsewhere.run(system, "generate", {"train": train}, **plan)
            return judged(answer.frames["rows"], dict(answer.seconds), parts, real_auc)
        began = time.perf_counter()
        rows = SAMPLERS[system](train, n, seed)
        return judged(rows, {"fit": 0.0, "generate": time.perf_counter() - began}, parts, real_auc)

    elsewhere = ELSEWHERE if seed < args.seed + args.opponent_fits else ()
    systems = {system: partial(measure, system) for system in [*SAMPLERS, *elsewhere]}
    found = beside(args, f"{name}.{n}.{args.minutes}.{seed}", systems)
    for system, options in args.kinds.items():
        clock = Clock()
        vae = VAE(**{"max_minutes": args.minutes, "random_state": seed, **options}).fit(train)
        clock("fit")
        missing = bool(train.isna().any(axis=None))
        rows = vae.generate(n, **{"random_state": seed, "missing": missing, **json.loads(args.generate)})
        clock("generate")
        found[system] = judged(rows, clock.seconds, parts, real_auc)
    line = ", ".join(f"{system} {figures['c2st_test']:.3f}" for system, figures in found.items())
    print(f"{name}, seed {seed}: {line}; target's AUC {real_auc:.4f}", file=sys.stderr, flush=True)
    return found


def main() -> None:
    """Run every case; print a table for each table, the means over fits, and the spread of ours."""
    parser = table_options(__doc__ or "")
    parser.add_argument("--tables", help="some of the tables, by name", type=lambda text: text.split(","))
    parser.add_argument("--seeds", type=int, default=3, help="fits of each system")
    parser.add_argument("--opponent-fits", type=int, default=3, help="fits of each opponent that trains a network")
    parser.add_argument("--minutes", type=float, default=10.0, help="limit of a fit")
    parser.add_argument("--rows", type=int, default=100_000, help="most rows of a table")
    parser.add_argument("--generate", default="{}", metavar="JSON", help="further arguments of our generate")
    args = parsed(parser, KINDS)
    args.minutes = min(args.minutes, 0.1) if args.quick else args.minutes
    results = [
        ((name,), one_case(name, parts, args.seed + seed, args))
        for name, parts in tables(args).items()
        for seed in range(1 if args.quick else args.seeds)
    ]
    figures = summary(results, "c2st_test")
    for name in dict.fromkeys(groups[0] for groups, _ in results):
        for system in args.kinds:
            fits = [found[system]["c2st_test"] for groups, found in results if groups == (name,)]
            figures[f"{name}.{system}.c2st_spread"] = float(np.std(fits))
        columns = ("c2st_test", "c2st_spread", "c2st_train", "trends", "tstr_gap", "dcr_share")
        print_group(figures, name, (*columns, "fit_seconds", "rows_per_s"))
    write_json(args.json, figures, args.seed)


if __name__ == "__main__":
    main()
