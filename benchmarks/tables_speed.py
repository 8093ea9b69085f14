"""Answers a second on Adult's census rows, 6 numeric and 9 categorical columns.

``VAE(max_minutes=...)`` is fitted once, or read from a file. Every answer is of other rows than the first, which warm
up. ``detect`` is of the rows as they are, of which 7 % have missing cells, ``score`` of complete ones; ``impute`` fills
30 % of the cells.

    python benchmarks/tables_speed.py --json docs/results/tables_speed.json
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from common import data_folder, options, table, write_json

from quintet import VAE, load

ASKED = {"score": 5000, "detect": 1500, "impute": 2000, "generate": 5000, "compress": 1000}
"""Rows a second asked of two cores; of one it is half."""
WARM_UP, MISSING = 256, 0.3


def main() -> None:
    """Fit or load, answer, print one table."""
    parser = options(__doc__ or "")
    parser.add_argument("--model", type=Path, metavar="FILE", help="a model of Adult's columns, instead of a fit")
    parser.add_argument("--minutes", type=float, default=1.0, help="of the fit")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rows", type=int, default=4096)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    folder = data_folder() / "tables"
    train, test = (pd.read_csv(folder / f"adult_{part}.csv.gz") for part in ("train", "test"))
    figures: dict[str, float] = {}
    if args.model:
        vae = load(args.model)
    else:
        began = time.perf_counter()
        vae = VAE(max_minutes=args.minutes, random_state=args.seed).fit(train)
        figures["fit_seconds"] = time.perf_counter() - began
    figures |= answers(vae, test, 1024 if args.quick else args.rows, args.seed)
    rows = [
        (
            name,
            f"{value:,.0f}",
            f"{figures[f'{name}.per_cpu_s']:,.0f}",
            f"{ASKED[name] * args.threads // 2:,}" if name in ASKED else "",
        )
        for name, value in figures.items()
        if "." not in name and name != "fit_seconds"
    ]
    table(f"Adult, {args.threads} threads", rows, ("answer", "rows/s", "rows per second of processor", "asked"))
    if args.json:
        write_json(args.json, figures, args.seed)


def answers(vae: VAE, test: pd.DataFrame, rows: int, seed: int) -> dict[str, float]:
    """Rows a second of each answer, and ``.per_cpu_s``, rows per second of processor time over all threads."""
    full, first = test.dropna(), test.head(WARM_UP)
    some, whole = test.iloc[WARM_UP : WARM_UP + rows], full.iloc[WARM_UP : WARM_UP + rows]
    holes = np.random.default_rng(seed).random(some.shape) < MISSING
    missing = some.mask(holes)
    blob, few = vae.compress(some, effort="low"), whole.head(rows // 8)
    figures: dict[str, float] = {}

    def timed(name: str, count: int, ask: Callable[[], Any], warm_up: Callable[[], Any]) -> None:
        warm_up()
        began, spent = time.perf_counter(), time.process_time()
        ask()
        figures[name] = count / (time.perf_counter() - began)
        figures[f"{name}.per_cpu_s"] = count / (time.process_time() - spent)

    timed("score", len(whole), lambda: vae.score_samples(whole), lambda: vae.score_samples(first.dropna()))
    timed("detect", rows, lambda: vae.detect(some), lambda: vae.detect(first))
    timed("detect_scattered", 64, lambda: vae.detect(missing.head(64)), lambda: None)
    timed("impute", rows, lambda: vae.impute(missing), lambda: vae.impute(missing.head(WARM_UP)))
    timed("generate", rows, lambda: vae.generate(rows, random_state=seed + 1), lambda: vae.generate(WARM_UP))
    timed("compress", rows, lambda: vae.compress(some, effort="low"), lambda: None)
    timed("decompress", rows, lambda: vae.decompress(blob), lambda: None)
    timed("denoise", len(few), lambda: vae.denoise(few), lambda: vae.denoise(whole.tail(16)))
    return figures


if __name__ == "__main__":
    main()
