"""Rare cases found with few labels: one fit of a table whose column of labels is mostly empty (docs/few_labels.md).

Half of the rows of a table of ADBench train, ordinary and rare ones together; of these some have a label. The other
half is ranked. ``detect`` never reads a label; ``predict_column`` gives p(rare | the other columns). Beside them stand
classifiers that learn from the labelled rows alone, and an isolation forest; ``together`` is the mean rank by
``predict_column`` and the forest.

    python benchmarks/page_few_labels.py --json docs/results/page_few_labels.json
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
import pandas as pd
from common import Array, data_folder, options, write_json
from scipy.stats import rankdata
from sklearn.ensemble import HistGradientBoostingClassifier, IsolationForest, RandomForestClassifier
from sklearn.metrics import average_precision_score, roc_auc_score

from quintet import VAE

LABEL = "case"


def with_few_labels(x: Array, y: Array, rare: int, ordinary: int, rng: np.random.Generator) -> pd.DataFrame:
    """A frame of the cells with a column of labels, empty but for some rows of each kind."""
    frame = pd.DataFrame(x).add_prefix("x")
    label = np.full(len(y), None, dtype=object)
    for kind, name, count in ((1, "rare", rare), (0, "ordinary", ordinary)):
        label[rng.choice(np.flatnonzero(y == kind), count, replace=False)] = name
    return frame.assign(**{LABEL: label})


def scores_of(train: pd.DataFrame, test: pd.DataFrame, minutes: float, seed: int) -> dict[str, Array]:
    """Scores of the test rows by each way; higher is rarer."""
    known = train[train[LABEL].notna()]
    x, y = known.drop(columns=LABEL), (known[LABEL] == "rare").to_numpy()
    vae = VAE(max_minutes=minutes, random_state=seed).fit(train)
    strange = np.asarray(vae.detect(test.assign(**{LABEL: None})).scores)
    chance = vae.predict_column(test, LABEL)["rare"].to_numpy()
    forest = RandomForestClassifier(300, random_state=seed).fit(x, y).predict_proba(test)[:, 1]
    return {
        "detect": strange,
        "predict_column": chance,
        "forest": forest,
        "together": rankdata(forest) + rankdata(chance),
        "boosting": HistGradientBoostingClassifier(min_samples_leaf=5, random_state=seed)
        .fit(x, y)
        .predict_proba(test)[:, 1],
        "isolation_forest": -IsolationForest(random_state=seed).fit(train.drop(columns=LABEL)).score_samples(test),
    }


def one_seed(args: argparse.Namespace, seed: int) -> dict[str, Any]:
    """AUROC and average precision of each way."""
    stored = np.load(data_folder() / "adbench" / f"{args.table}.npz")
    x, y = stored["X"].astype(float), stored["y"].astype(int)
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(y))
    first, other = np.split(order, [len(y) // 2])
    train = with_few_labels(x[first], y[first], args.rare, args.ordinary, rng)
    test = pd.DataFrame(x[other]).add_prefix("x")
    found: dict[str, Any] = {}
    for name, score in scores_of(train, test, args.minutes, seed).items():
        found[f"{name}.auroc"] = float(roc_auc_score(y[other], score))
        found[f"{name}.ap"] = float(average_precision_score(y[other], score))
    return found


def main() -> None:
    """Run the seeds and print the means."""
    parser = options(__doc__ or "")
    parser.add_argument("--table", default="6_cardio")
    parser.add_argument("--rare", type=int, default=10, help="labelled rare rows")
    parser.add_argument("--ordinary", type=int, default=40, help="labelled ordinary rows")
    parser.add_argument("--minutes", type=float, default=1.5, help="limit of each fit")
    parser.add_argument("--seeds", type=int, default=2)
    args = parser.parse_args()
    found = [one_seed(args, args.seed + seed) for seed in range(1 if args.quick else args.seeds)]
    figures = {f"{args.table}.{name}": float(np.mean([one[name] for one in found])) for name in found[0]}
    for name, value in figures.items():
        print(f"{name:32} {value:.3f}")
    write_json(args.json, figures, args.seed)


if __name__ == "__main__":
    main()
