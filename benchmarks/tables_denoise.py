"""Damaged cells of tables found and repaired: ours beside scores of columns, nearest neighbours and isolation forest.

Rows of Adult and of two tables of numbers; of each at most 8,000 train and 1,000 are asked, of which 1 or 5 % of the
cells are damaged: swapped for the value of another row, scaled ×10 (numbers alone), or mistyped (numbers: one digit
changed or two transposed; levels: another level, or a letter wrong). ``precision`` is that of the cells with the
highest scores at a recall of one half, ``ap`` the average precision, ``right`` the share of the damaged cells whose
suggested value is right: the level, or a number within a tenth of the column's standard deviation. ``rank`` is by
``precision``. Settings were chosen on other tables: ``--tables thyroid,cardio`` takes ADBench's normal rows.

    python benchmarks/tables_denoise.py --cache denoise.json --json docs/results/tables_denoise.json
    python benchmarks/tables_denoise.py --tables wine_quality_red,thyroid,cardio --seeds 1
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from common import Array, data_folder, write_json
from sklearn.metrics import average_precision_score, precision_recall_curve
from tables_cell_opponents import FINDERS, Found
from tables_common import Clock, Figures, beside, parsed, print_group, summary, table_options
from tables_damage import KINDS, damaged
from tables_data import adult, is_level, numeric_tables

from quintet import VAE, load

TABLES = ("adult", "concrete", "power_plant")
SHARES = (0.01, 0.05)
TRAIN, ASKED = 8_000, 1_000


def judged(found: Found, before: pd.DataFrame, train: pd.DataFrame, hit: Array) -> Figures:
    """Precision at a recall of one half, average precision, share of the damaged cells that are repaired."""
    scores, suggested = found
    there = before.notna().to_numpy()
    precision, recall, _ = precision_recall_curve(hit[there], scores[there])
    levels, right = is_level(before), []
    for j, name in enumerate(before.columns):
        rows = hit[:, j]
        true, value = before[name].to_numpy()[rows], suggested[name].to_numpy()[rows]
        if levels[j]:
            right.append(true == value)
        else:
            right.append(np.abs(true.astype(float) - value.astype(float)) <= train[name].std() / 10)
    return {
        "precision": float(precision[recall >= 0.5].max()),
        "ap": float(average_precision_score(hit[there], scores[there])),
        "right": float(np.concatenate(right).mean()),
    }


def by_ours(vae: VAE, asked: pd.DataFrame) -> Found:
    """The order and the suggestions of ``corrections``, of every cell."""
    found = vae.corrections(asked, threshold=0.0)
    scores, suggested = np.full(asked.shape, -float(asked.size)), asked.astype(object)
    place = {name: j for j, name in enumerate(asked.columns)}
    at = found.row.to_numpy(), found.column.map(place).to_numpy()
    scores[at] = -np.arange(len(found))
    values = suggested.to_numpy(dtype=object)
    values[at] = found.after.to_numpy(dtype=object)
    return scores, pd.DataFrame(values, columns=asked.columns)


def fitted(train: pd.DataFrame, seed: int, options: dict[str, Any], stored: Path | None) -> tuple[VAE, float]:
    """Our model and the seconds of its fit, which a file keeps."""
    if stored is not None and stored.exists():
        return load(stored), float(stored.with_suffix(".seconds").read_text())
    clock = Clock()
    vae = VAE(random_state=seed, **options).fit(train)
    clock("fit")
    if stored is not None:
        stored.parent.mkdir(parents=True, exist_ok=True)
        vae.save(stored)
        stored.with_suffix(".seconds").write_text(str(clock.seconds["fit"]))
    return vae, clock.seconds["fit"]


def split(name: str, seed: int, quick: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows that train and rows that are asked."""
    if name == "adult":
        train, asked = (adult(part).sample(frac=1, random_state=seed) for part in ("train", "test"))
    else:
        if name in numeric_tables():
            frame = numeric_tables()[name]()
        else:
            (path,) = (data_folder() / "adbench").glob(f"*_{name}.npz")
            stored = np.load(path)
            frame = pd.DataFrame(stored["X"][stored["y"] == 0].astype(float)).add_prefix("x")
        frame = frame.sample(frac=1, random_state=seed)
        asked, train = frame[: len(frame) // 5], frame[len(frame) // 5 :]
    train_rows, asked_rows = (1_000, 300) if quick else (TRAIN, ASKED)
    return train[:train_rows].reset_index(drop=True), asked[:asked_rows].reset_index(drop=True)


def cases(name: str, seed: int, args: argparse.Namespace) -> Iterator[tuple[tuple[str, ...], dict[str, Figures]]]:
    """Every system's figures on one table, for every kind and share of damage."""
    train, before = split(name, seed, args.quick)
    models, seconds = {}, {}
    for system, options in args.kinds.items():
        stored = None if args.models is None else args.models / f"{name}.{len(train)}.{system}.{seed}.safetensors"
        models[system], seconds[system] = fitted(train, seed, options, stored)
    for kind in KINDS:
        for share in SHARES:
            asked, hit = damaged(before, kind, share, seed)
            if not hit.any():
                continue

            def measure(system: str, asked: pd.DataFrame = asked, hit: Array = hit) -> Figures:
                clock = Clock()
                found = FINDERS[system](train, asked, seed)
                clock("answer")
                rows = len(asked) / clock.seconds["answer"]
                return judged(found, before, train, hit) | {"rows_per_s": rows}

            case = f"{name}.{len(train)}.{kind}.{share}.{seed}"
            found = beside(args, case, {system: partial(measure, system) for system in FINDERS})
            for system, vae in models.items():
                clock = Clock()
                answer = by_ours(vae, asked)
                clock("answer")
                more = {"fit_seconds": seconds[system], "rows_per_s": len(asked) / clock.seconds["answer"]}
                found[system] = judged(answer, before, train, hit) | more
            line = ", ".join(f"{system} {f['precision']:.3f}/{f['right']:.3f}" for system, f in found.items())
            print(f"{name}, {kind} {share}, seed {seed}: {line}", file=sys.stderr, flush=True)
            yield ("all", f"{kind}_{share:g}", name), found


def main() -> None:
    """Run every case; print a table over all and one for each kind of damage."""
    parser = table_options(__doc__ or "")
    parser.add_argument("--tables", default=",".join(TABLES), help="tables by name, those of ADBench too")
    parser.add_argument("--models", type=Path, metavar="FOLDER", help="keeps our fitted models for another run")
    parser.add_argument("--seeds", type=int, default=3)
    default: dict[str, dict[str, Any]] = {"ours": {"kind": "columns"}}
    args = parsed(parser, default)
    results = [
        case
        for name in args.tables.split(",")
        for seed in range(1 if args.quick else args.seeds)
        for case in cases(name, args.seed + seed, args)
    ]
    figures = summary(results, "precision")
    for group in ("all", *(f"{kind}_{share:g}" for kind in KINDS for share in SHARES)):
        print_group(figures, group, ("precision", "ap", "right", "rank", "fit_seconds", "rows_per_s"))
    write_json(args.json, figures, args.seed)


if __name__ == "__main__":
    main()
