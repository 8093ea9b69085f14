"""One fit of each system on Adult, the same minutes on the same cores, and every answer that it has.

Ours, TabularARGN (``mostlyai-engine``), TVAE, and pythae's MIWAE on indicators of levels and numbers from 0 to 1.
``bits`` is −log2 p of a held-out row (TabularARGN's of its own bins of numbers), ``file_bits`` the compressed file's;
``c2st`` and ``tstr_gap`` as in ``tables_generate.py``; ``r2`` and ``accuracy`` of 30 % missing cells, as in
``tables_impute.py``; ``auroc`` of rows with swapped cells, of which 5 % are; ``precision`` and ``right`` of these
cells, as in ``tables_denoise.py``; ``auc`` of the income, as in ``tables_predict.py``. An answer that a system lacks
has no figure. Scores of MIWAE are the squared errors of its reconstructions.

    python benchmarks/one_for_all.py --opponents PYTHON --pythae PYTHON --json docs/results/one_for_all.json
    python benchmarks/one_for_all.py --quick --systems tvae
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from common import Array, write_json
from sklearn.metrics import roc_auc_score
from tables_common import Answer, Clock, Figures, OpponentError, beside, parsed, print_group, table_options
from tables_damage import damaged
from tables_data import Encoding, adult, is_level
from tables_denoise import by_ours as corrected
from tables_denoise import judged as judged_cells
from tables_impute import judged as judged_missing
from tables_predict import auc
from tables_samplers import auc_of_target, c2st

from quintet import VAE
from quintet.tasks.compress import describe_file

TARGET, MISSING, SWAPPED = "wage_class", 0.3, 0.05
DRAWS = 20
SCRIPT = Path(__file__).with_name("opponents") / "pythae_tables.py"


class Questions(NamedTuple):
    """Training rows; held-out rows as they are, with missing cells, with swapped cells; where these are."""

    train: pd.DataFrame
    test: pd.DataFrame
    holes: pd.DataFrame
    hidden: Array
    odd: pd.DataFrame
    hit: Array
    real_auc: float


def questions(args: argparse.Namespace) -> Questions:
    """The rows of Adult that are asked about."""
    rows, asked = (1_000, 300) if args.quick else (args.rows, args.asked)
    train, test = adult("train").head(rows), adult("test").head(asked)
    hidden = np.random.default_rng(args.seed).random(test.shape) < MISSING
    odd, hit = damaged(test, "swapped", SWAPPED, args.seed)
    real = auc_of_target(train, test, TARGET)
    return Questions(train, test, test.mask(hidden), hidden & test.notna().to_numpy(), odd, hit, real)


def generated(rows: pd.DataFrame, asked: Questions) -> Figures:
    """Figures of drawn rows."""
    return {"c2st": c2st(asked.test, rows), "tstr_gap": asked.real_auc - auc_of_target(rows, asked.test, TARGET)}


def imputed(answer: Answer, asked: Questions, seed: int) -> Figures:
    """Figures of imputed cells."""
    found = judged_missing(answer, asked.test, asked.hidden, seed)
    return {key: found[key] for key in ("r2", "accuracy")}


def cells(scores: Array, suggested: pd.DataFrame, asked: Questions) -> Figures:
    """Figures of the cells of rows some of whose cells are swapped."""
    found = judged_cells((scores, suggested), asked.test, asked.train, asked.hit)
    return {key: found[key] for key in ("precision", "right")}


def rates(seconds: dict[str, float], asked: Questions, drawn: int) -> Figures:
    """Seconds of the fit, and answers a second."""
    counts = {"generate": drawn, "score": len(asked.odd)}
    each = {f"{name}_per_s": counts.get(name, len(asked.test)) / s for name, s in seconds.items() if name != "fit"}
    return {"fit_seconds": seconds["fit"], **each}


def by_ours(options: dict[str, Any], asked: Questions, args: argparse.Namespace) -> Figures:
    """Every answer of one fit of ours."""
    clock, drawn = Clock(), len(asked.train)
    vae = VAE(**{"random_state": args.seed, "max_minutes": args.minutes, **options}).fit(asked.train)
    clock("fit")
    rows = vae.generate(drawn, random_state=args.seed, missing=bool(asked.train.isna().any(axis=None)))
    clock("generate")
    mean = vae.impute(asked.holes)
    clock("impute")
    strange = -vae.score_samples(asked.odd)
    clock("score")
    chances = vae.predict_column(asked.test, TARGET)
    clock("predict")
    found = corrected(vae, asked.odd)
    clock("correct")
    blob = vae.compress(asked.test, effort="low")
    clock("compress")
    bits = describe_file(blob, vae.fitted_).score / len(asked.test)
    return {
        "bits": bits,
        "file_bits": 8 * len(blob) / len(asked.test),
        **generated(rows, asked),
        **imputed(Answer({"mean": mean}, clock.seconds), asked, args.seed),
        "auroc": float(roc_auc_score(asked.hit.any(1), strange)),
        **cells(*found, asked),
        "auc": auc(chances, asked.test[TARGET]),
        **rates({k: v for k, v in clock.seconds.items()}, asked, drawn),
    }


def by_mostlyai(asked: Questions, args: argparse.Namespace) -> Figures:
    """Every answer of one fit of TabularARGN."""
    drawn = len(asked.train)
    frames = {"train": asked.train, "test": asked.test, "holes": asked.holes, "odd": asked.odd}
    plan = {"seed": args.seed, "minutes": args.minutes, "rows": drawn, "draws": DRAWS, "target": TARGET}
    answer = args.elsewhere.run("mostlyai", "all", frames, **plan)
    scores = {name: answer.frames[f"score_{name}"]["score"].to_numpy() for name in ("test", "odd")}
    seconds = {**answer.seconds, "score": answer.seconds["score"] / 2}
    return {
        "bits": float(scores["test"].mean()) / math.log(2),
        **generated(answer.frames["rows"], asked),
        **imputed(answer, asked, args.seed),
        "auroc": float(roc_auc_score(asked.hit.any(1), scores["odd"])),
        "auc": auc(answer.frames["chances"], asked.test[TARGET]),
        **rates(seconds, asked, drawn),
    }


def by_tvae(asked: Questions, args: argparse.Namespace) -> Figures:
    """Rows of TVAE, the only answer that it has."""
    drawn = len(asked.train)
    plan = {"seed": args.seed, "minutes": args.minutes, "rows": drawn}
    answer = args.elsewhere.run("tvae", "all", {"train": asked.train}, **plan)
    return {**generated(answer.frames["rows"], asked), **rates(dict(answer.seconds), asked, drawn)}


def by_pythae(asked: Questions, args: argparse.Namespace) -> Figures:
    """Answers of pythae's MIWAE: rows, reconstructions, missing cells."""
    encoding, drawn = Encoding(asked.train), len(asked.train)
    train, odd, holes = (encoding.encode(part) for part in (asked.train, asked.odd, asked.holes))
    low, spread = np.nanmin(train, 0), np.maximum(np.nanmax(train, 0) - np.nanmin(train, 0), 1e-9)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part, found in (("train", train), ("odd", odd), ("holes", holes)):
            np.save(folder / f"{part}.npy", np.clip((found - low) / spread, 0, 1))
        (folder / "plan.json").write_text(json.dumps({"seed": args.seed, "minutes": args.minutes, "rows": drawn}))
        threads = {f"{kind}_NUM_THREADS": str(args.threads) for kind in ("OMP", "MKL", "OPENBLAS")}
        how: dict[str, Any] = {"capture_output": True, "text": True, "env": os.environ | threads, "cwd": folder}
        done = subprocess.run([args.pythae, str(SCRIPT), str(folder)], check=False, **how)
        if done.returncode:
            raise OpponentError(f"pythae: {done.stderr.strip().splitlines()[-1][:300]}")
        rows, again, full = (np.load(folder / f"{part}.npy") for part in ("rows", "odd.out", "holes.out"))
        seconds = json.loads((folder / "seconds.json").read_text())
    error, at, each = np.square(again - np.nan_to_num((odd - low) / spread)), 0, []
    for name, level in zip(asked.train, is_level(asked.train), strict=True):
        width = len(encoding.levels[name]) if level else 1
        each.append(error[:, at : at + width].sum(1))
        at += width
    suggested = encoding.decode(again * spread + low)
    return {
        **generated(encoding.decode(rows * spread + low), asked),
        **imputed(Answer({"mean": encoding.decode(full * spread + low)}, seconds), asked, args.seed),
        "auroc": float(roc_auc_score(asked.hit.any(1), error.sum(1))),
        **cells(np.stack(each, 1), suggested, asked),
        **rates(seconds, asked, drawn),
    }


def main() -> None:
    """Ask every system; print one table."""
    parser = table_options(__doc__ or "")
    parser.add_argument("--pythae", metavar="PYTHON", default=os.environ.get("QUINTET_PYTHAE"))
    parser.add_argument("--minutes", type=float, default=10.0, help="limit of a fit")
    parser.add_argument("--rows", type=int, default=100_000, help="most training rows")
    parser.add_argument("--asked", type=int, default=4_000, help="most held-out rows")
    args = parsed(parser, {"quintet": {}})
    args.minutes = min(args.minutes, 0.1) if args.quick else args.minutes
    asked = questions(args)
    systems = {"mostlyai": by_mostlyai, "tvae": by_tvae} | ({"pythae_miwae": by_pythae} if args.pythae else {})
    case = f"adult.{len(asked.train)}.{len(asked.test)}.{args.minutes}.{args.seed}"
    found = {system: by_ours(options, asked, args) for system, options in args.kinds.items()}
    found |= beside(args, case, {name: partial(each, asked, args) for name, each in systems.items()})
    figures = {f"adult.{system}.{key}": value for system, every in found.items() for key, value in every.items()}
    print(f"AUC of the income learnt from real rows: {asked.real_auc:.4f}", file=sys.stderr)
    keys = dict.fromkeys(key for every in found.values() for key in every)
    print_group(figures, "adult", tuple(keys))
    write_json(args.json, figures, args.seed)


if __name__ == "__main__":
    main()
