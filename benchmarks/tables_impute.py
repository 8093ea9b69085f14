"""Missing cells of tables: ours beside seven imputers on the same rows and masks, R² over the hidden cells.

Of each table at most 4,000 rows, of which a fifth is held out. 30 % of the cells are missing, in training rows and
held-out rows: completely at random (mcar); at random, by a logistic model of three tenths of the columns, which stay
full (mar: 30 % of the other columns' cells); not at random, by a logistic model of the cell itself (mnar). R² of a
column is 1 − squared error over squared distance from the mean, over its hidden held-out cells, unclipped; of a table
the mean over its columns. ``accuracy`` is the share of hidden levels that are right. ``coverage`` is the share of
hidden numbers whose rank among the draws, ties broken at random, is within 5 to 95 %. ``rank`` is that of a system's R²
among all in a case. Opponents with packages of their own run in the interpreter that ``--opponents`` names.

    python benchmarks/tables_impute.py --opponents PYTHON --cache impute.json --json docs/results/tables_impute.json
    python benchmarks/tables_impute.py --cache impute.json --seeds 1 --mechanisms mcar --ours 'plain={"context":"none"}'
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from functools import partial

import numpy as np
import pandas as pd
from common import Array, write_json
from scipy.optimize import brentq
from scipy.special import expit
from tables_common import Answer, Figures, beside, parsed, print_group, summary, table_options
from tables_data import Encoding, adult, is_level, numeric_tables
from tables_imputers import IMPUTERS

from quintet import VAE

MISSING = 0.3
MECHANISMS = ("mcar", "mar", "mnar")
ELSEWHERE = ("miceforest", "mostlyai")
QUICK = ("yacht", "wine", "adult")
KINDS = {"ours": {"kind": "columns"}}


def pattern(frame: pd.DataFrame, mechanism: str, seed: int) -> Array:
    """(n, columns) bool, True = missing; the mechanisms of Muzellec et al., 2020, with slopes of one spread."""
    rng = np.random.default_rng([seed, MECHANISMS.index(mechanism)])
    x = np.nan_to_num(standardised(frame))
    missing = np.zeros(x.shape, bool)
    if mechanism == "mcar":
        return np.asarray(rng.random(x.shape) < MISSING)
    columns = np.arange(x.shape[1])
    if mechanism == "mar":
        full = rng.choice(columns, max(1, round(MISSING * len(columns))), replace=False)
        columns = np.setdiff1d(columns, full)
        logits = x[:, full] @ rng.normal(size=(len(full), len(columns)))
        logits /= np.maximum(logits.std(0), 1e-9)
    else:
        logits = x * rng.choice([-1.0, 1.0], len(columns))
    for j, logit in zip(columns, logits.T, strict=True):
        offset = brentq(lambda b, logit=logit: expit(logit + b).mean() - MISSING, -50, 50)
        missing[:, j] = rng.random(len(x)) < expit(logit + offset)
    return missing


def standardised(frame: pd.DataFrame) -> Array:
    """(n, columns): numbers and the codes of levels, standardised."""
    cells = Encoding(frame, one_hot=False).encode(frame)
    return np.asarray((cells - np.nanmean(cells, 0)) / np.maximum(np.nanstd(cells, 0), 1e-9))


def judged(answer: Answer, truth: pd.DataFrame, hidden: Array, seed: int) -> Figures:
    """R², accuracy and coverage over the hidden cells, fit seconds and rows a second."""
    levels, mean = is_level(truth), answer.frames["mean"]
    draws = [frame for name, frame in answer.frames.items() if name.startswith("draw")]
    rng, r2, right, covered = np.random.default_rng(seed), [], [], []
    for j, name in enumerate(truth.columns):
        where = hidden[:, j]
        true, found = truth[name].to_numpy()[where], mean[name].to_numpy()[where]
        if levels[j]:
            right.append(found == true)
        elif where.sum() > 1 and (spread := np.square(true - true.mean()).sum()) > 0:
            r2.append(1 - np.square(true - found.astype(float)).sum() / spread)
            if draws:
                drawn = np.stack([frame[name].to_numpy(float)[where] for frame in draws])
                rank = (drawn < true).sum(0) + rng.random(len(true)) * ((drawn == true).sum(0) + 1)
                covered.append(np.abs(rank / (len(drawn) + 1) - 0.5) <= 0.45)
    figures = {"r2": float(np.mean(r2)), "fit_seconds": answer.seconds["fit"]}
    figures["rows_per_s"] = len(truth) / answer.seconds["impute"]
    if right:
        figures["accuracy"] = float(np.mean([part.mean() for part in right]))
    if covered:
        figures["coverage"] = float(np.concatenate(covered).mean())
    return figures


def by_ours(options: dict[str, object], train: pd.DataFrame, test: pd.DataFrame, seed: int, draws: int) -> Answer:
    """One fit of ours; the seconds of the answer are those of the mean."""
    began = time.perf_counter()
    vae = VAE(random_state=seed, **options).fit(train)
    fitted = time.perf_counter()
    mean = vae.impute(test)
    seconds = {"fit": fitted - began, "impute": time.perf_counter() - fitted}
    drawn = vae.impute(test, draws=draws) if draws else []
    return Answer({"mean": mean} | {f"draw{k}": frame for k, frame in enumerate(drawn)}, seconds)


def tables(args: argparse.Namespace) -> dict[str, pd.DataFrame]:
    """The tables by name, at most ``args.rows`` of each."""
    chosen = args.tables or (QUICK if args.quick else [*numeric_tables(), "adult"])
    found = {name: read() for name, read in numeric_tables().items() if name in chosen}
    if "adult" in chosen:
        found["adult"] = pd.concat([adult("train"), adult("test")], ignore_index=True)
    rows = min(args.rows, 300) if args.quick else args.rows
    return {name: frame.sample(min(rows, len(frame)), random_state=0) for name, frame in found.items()}


def one_case(name: str, frame: pd.DataFrame, mechanism: str, seed: int, args: argparse.Namespace) -> dict[str, Figures]:
    """Every system's figures on one table, mechanism and seed."""
    frame = frame.sample(frac=1, random_state=seed).reset_index(drop=True)
    missing = pattern(frame, mechanism, seed)
    held = np.arange(len(frame)) < len(frame) // 5
    hidden, truth = (missing & frame.notna().to_numpy())[held], frame[held].reset_index(drop=True)
    shown = frame.mask(missing)
    train, test = shown[~held].reset_index(drop=True), shown[held].reset_index(drop=True)

    def measure(system: str) -> Figures:
        if system in ELSEWHERE:
            pair = {"train": train, "test": test}
            return judged(args.elsewhere.run(system, "impute", pair, seed=seed, draws=20), truth, hidden, seed)
        more = {"draws": args.draws} if system == "factors" else {}
        return judged(IMPUTERS[system](train, test, seed, **more), truth, hidden, seed)

    systems = {system: partial(measure, system) for system in [*IMPUTERS, *ELSEWHERE]}
    case = f"{name}.{len(frame)}.{mechanism}.{seed}"
    found = beside(args, case, systems)

    def ours(options: dict[str, object]) -> Figures:
        return judged(by_ours(options, train, test, seed, args.draws), truth, hidden, seed)

    for system, options in args.kinds.items():
        found[system] = args.kept.of(f"{case}.{json.dumps(options)}", partial(ours, options))
    line = ", ".join(f"{system} {figures['r2']:.3f}" for system, figures in found.items())
    print(f"{name}, {mechanism}, seed {seed}: {line}", file=sys.stderr, flush=True)
    return found


def main() -> None:
    """Run every case; print a table over all and one for each mechanism."""
    parser = table_options(__doc__ or "")
    parser.add_argument("--tables", help="some of the tables, by name", type=lambda text: text.split(","))
    parser.add_argument("--mechanisms", default=",".join(MECHANISMS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=4000, help="most rows of a table")
    parser.add_argument("--draws", type=int, default=50, help="draws for the coverage of intervals; 0: none")
    args = parsed(parser, KINDS)
    seeds, mechanisms = range(1 if args.quick else args.seeds), args.mechanisms.split(",")
    results = [
        (("all", mechanism, f"{mechanism}.{name}"), one_case(name, frame, mechanism, args.seed + seed, args))
        for name, frame in tables(args).items()
        for mechanism in (mechanisms[:1] if args.quick else mechanisms)
        for seed in seeds
    ]
    figures = summary(results, "r2")
    for group in dict.fromkeys(name for groups, _ in results for name in groups[:2]):
        print_group(figures, group, ("r2", "rank", "accuracy", "coverage", "fit_seconds", "rows_per_s"))
    write_json(args.json, figures, args.seed)


if __name__ == "__main__":
    main()
