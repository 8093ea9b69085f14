"""Intervals pooled by Rubin's rules over draws of `impute`, against the estimates from full rows.

python benchmarks/pooled_intervals.py [--repetitions 20] [--epochs N] [--json FILE]

The regression of docs/impute.md on the diabetes table: 20 % of the cells are hidden at random, the model is fitted to
what is left, and the coefficients from 20 draws are pooled. Printed is how often the 95 % interval covers the
estimate from full rows, beside complete rows alone (listwise deletion) and rows filled by the mean, and the widths.
"""

from __future__ import annotations

import argparse
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.datasets import load_diabetes

from quintet import VAE
from quintet.errors import QuintetWarning
from quintet.evaluate import pool

COLUMNS = ["bmi", "bp", "sex"]
DRAWS, SHARE = 20, 0.2


def regression(frame: pd.DataFrame) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Coefficients and their squared standard errors."""
    design = np.column_stack([np.ones(len(frame)), frame[COLUMNS].astype(float)])
    found = np.linalg.lstsq(design, frame["target"].to_numpy(dtype=float), rcond=None)[0]
    rest = frame["target"].to_numpy(dtype=float) - design @ found
    return found, rest @ rest / (len(frame) - design.shape[1]) * np.linalg.inv(design.T @ design).diagonal()


def plain(frame: pd.DataFrame) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """The ends of the 95 % intervals of one complete table."""
    found, variance = regression(frame)
    half = stats.t.ppf(0.975, len(frame) - len(found)) * np.sqrt(variance)
    return found - half, found + half


def repetition(rows: pd.DataFrame, seed: int, epochs: int | None) -> dict[str, Any]:
    """Intervals by each way of one table with hidden cells."""
    holes = rows.mask(np.random.default_rng(seed).random(rows.shape) < SHARE)
    vae = VAE(epochs=epochs, random_state=seed).fit(holes)
    mean, draws = vae.impute(holes, draws=DRAWS, return_mean=True)
    pairs = [regression(filled) for filled in draws]
    estimates, variances = (np.array(each) for each in zip(*pairs, strict=True))
    pooled = pool(estimates, variances, degrees=len(rows) - 1 - len(COLUMNS))
    return {"pooled": pooled.interval(), "filled by the mean": plain(mean), "complete rows": plain(holes.dropna())}


def main() -> None:
    """Run and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=None)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    warnings.simplefilter("ignore", QuintetWarning)
    rows = load_diabetes(as_frame=True, scaled=False).frame
    truth = regression(rows)[0]
    whole = np.subtract(*plain(rows)[::-1])
    found = [repetition(rows, seed, given.epochs) for seed in range(given.repetitions)]
    answer = {}
    for way in found[0]:
        low, high = (np.array([one[way][end] for one in found]) for end in (0, 1))
        covers = (low <= truth) & (truth <= high)
        answer[way] = {"covered": float(covers[:, 1:].mean()), "width": float(((high - low) / whole)[:, 1:].mean())}
    for way, figures in answer.items():
        print(f"{way:20} covers {figures['covered']:.2f}, width {figures['width']:.2f} of that of full rows")
    if given.json:
        given.json.write_text(json.dumps({"repetitions": given.repetitions, "ways": answer}, indent=1) + "\n")


if __name__ == "__main__":
    main()
