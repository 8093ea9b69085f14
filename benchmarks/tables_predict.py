"""A column from all others: one fit of ours for any column, beside gradient boosting trained for that column alone.

Adult's income and three other columns, on full held-out rows and on rows of which 30 % of the other cells are missing
(at random). Figures are AUC, of several levels the mean of one against the rest. Boosting is trained on the rows as
they are; ``boosting_holes`` on rows with as many cells missing.

    python benchmarks/tables_predict.py --json docs/results/tables_predict.json
    python benchmarks/tables_predict.py --quick --ours 'ours={"max_minutes": 1}'
"""

from __future__ import annotations

import argparse
import sys
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from common import Array, write_json
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from tables_common import Clock, Figures, beside, parsed, print_group, summary, table_options
from tables_data import adult
from tables_samplers import coded

from quintet import VAE

KINDS: dict[str, dict[str, Any]] = {"ours": {"max_minutes": 10}}
TARGETS = ("wage_class", "sex", "workclass", "marital_status")
MISSING = 0.3


def with_holes(frame: pd.DataFrame, target: str, seed: int) -> pd.DataFrame:
    """The rows with some of the cells but the target's missing."""
    hidden = np.random.default_rng(seed).random(frame.shape) < MISSING
    hidden[:, list(frame.columns).index(target)] = False
    return frame.mask(hidden)


def auc(probabilities: pd.DataFrame, truth: pd.Series) -> float:
    """AUC, one level against the rest, mean over the levels of at least ten rows."""
    counts = truth.value_counts()
    known = [level for level in counts[counts >= 10].index if level in probabilities]
    each = [roc_auc_score(truth == level, probabilities[level]) for level in known]
    return float(each[0] if len(counts) == 2 else np.mean(each))


def by_boosting(train: pd.DataFrame, tests: dict[str, pd.DataFrame], target: str, seed: int) -> Figures:
    """Figures of boosting trained for the column; missing cells are missing to it, not a level of their own."""
    columns, rows = [name for name in train if name != target], train[train[target].notna()]

    def cells(frame: pd.DataFrame) -> Array:
        found = coded(frame[columns], train[columns])
        return np.where(frame[columns].isna(), np.nan, found)

    clock = Clock()
    model = HistGradientBoostingClassifier(random_state=seed).fit(cells(rows), rows[target])
    clock("fit")
    figures = {"fit_seconds": clock.seconds["fit"]}
    for name, test in tests.items():
        found = pd.DataFrame(model.predict_proba(cells(test)), columns=model.classes_)
        clock(name)
        figures[f"auc_{name}"] = auc(found, test[target])
    return figures | {"rows_per_s": len(tests["full"]) / clock.seconds["full"]}


def by_ours(vae: VAE, tests: dict[str, pd.DataFrame], target: str) -> Figures:
    """Figures of p(column | the other cells)."""
    figures: Figures = {}
    for name, test in tests.items():
        clock = Clock()
        found = vae.predict_column(test, target)
        clock("answer")
        figures |= {f"auc_{name}": auc(found, test[target]), "rows_per_s": len(test) / clock.seconds["answer"]}
    return figures


def one_case(target: str, frames: tuple[pd.DataFrame, pd.DataFrame], args: argparse.Namespace) -> dict[str, Figures]:
    """Every system's figures on one column."""
    train, test = frames[0], frames[1][frames[1][target].notna()].reset_index(drop=True)
    tests = {"full": test, "holes": with_holes(test, target, args.seed)}
    systems = {
        "boosting": partial(by_boosting, train, tests, target, args.seed),
        "boosting_holes": partial(by_boosting, with_holes(train, target, args.seed + 1), tests, target, args.seed),
    }
    found = beside(args, f"adult.{len(train)}.{len(test)}.{target}.{args.seed}", systems)
    for system, (vae, seconds) in args.fitted.items():
        found[system] = by_ours(vae, tests, target) | {"fit_seconds": seconds}
    line = ", ".join(f"{s} {f['auc_full']:.3f} {f['auc_holes']:.3f}" for s, f in found.items())
    print(f"{target}: {line}", file=sys.stderr, flush=True)
    return found


def main() -> None:
    """Fit ours once; ask about each column; print the means and a table for each."""
    parser = table_options(__doc__ or "")
    parser.add_argument("--columns", default=",".join(TARGETS))
    parser.add_argument("--rows", type=int, default=100_000, help="most training rows")
    parser.add_argument("--test-rows", type=int, default=4000, help="most held-out rows")
    args = parsed(parser, KINDS)
    rows, asked = (2000, 500) if args.quick else (args.rows, args.test_rows)
    frames = adult("train").head(rows), adult("test").head(asked)
    args.fitted = {}
    for system, options in args.kinds.items():
        clock = Clock()
        vae = VAE(**{"random_state": args.seed, **options, **({"epochs": 3} if args.quick else {})}).fit(frames[0])
        clock("fit")
        args.fitted[system] = vae, clock.seconds["fit"]
    results = [(("all", target), one_case(target, frames, args)) for target in args.columns.split(",")]
    figures = summary(results, "auc_full")
    for group in ("all", *args.columns.split(",")):
        print_group(figures, group, ("auc_full", "auc_holes", "rank", "fit_seconds", "rows_per_s"))
    write_json(args.json, figures, args.seed)


if __name__ == "__main__":
    main()
