"""Tables compressed bit for bit: ours beside gzip, xz, zstd, Parquet, pcodec and OpenZL, in bits a row.

The model trains on one part of a table and compresses the other: Adult's own parts, halves of the regression tables in
a random order, the first and the second half of three tables of sensors. Text packers read the rows as CSV, plain and
primed with the training rows (what the rows add to those); pcodec and OpenZL take each column as numbers, levels as
codes whose names are not counted. ``with_model`` counts our model's own file too; ``rows_to_pay`` are the rows from
which on that is less than the best opponent's bits. ``by_model`` is the share of the rows that the model codes,
``shuffled`` how many bits more a row's cells take given the z of another row: what the latents say.

``adult_all`` counts everything: one model of ``preset="small"`` trains on all rows of Adult and compresses them; ``kb``
are the bytes of both files in thousands.

    python benchmarks/tables_compress.py --opponents PYTHON --json docs/results/tables_compress.json
    python benchmarks/tables_compress.py --tables yacht,concrete --ours 'ours={"max_minutes": 1}'
"""

from __future__ import annotations

import argparse
import math
import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import torch
from common import data_folder, write_json
from tables_common import Clock, Figures, beside, parsed, print_group, table_options
from tables_data import REGRESSION, adult, numeric_tables
from tables_packers import as_numbers, packed_text

from quintet import VAE
from quintet.data.dataset import Batch, Rows
from quintet.inference.chunks import in_chunks
from quintet.models.objectives.elbo import observed_log_prob
from quintet.noise import OwnNoise, row_keys
from quintet.tasks.compress import describe_file

KINDS: dict[str, dict[str, Any]] = {"ours": {"kind": "columns", "max_minutes": 10}}
SENSORS = ("ETTh1.csv", "nab_machine_temperature_system_failure.csv.gz", "nab_nyc_taxi.csv.gz")
ALL, SMALL = "adult_all", {"kind": "columns", "preset": "small"}
"""The case of all rows of Adult with the model beside them, and our options of it."""
SHUFFLED = 1_024
"""Rows whose latents are exchanged."""
ELSEWHERE = ("pcodec", "openzl")


def tables(args: argparse.Namespace) -> dict[str, tuple[pd.DataFrame, pd.DataFrame]]:
    """Training rows and rows to compress of each table; of sensors the numbers, without the time."""
    found = {"adult": (adult("train"), adult("test"))}
    for name, read in numeric_tables().items():
        if name in REGRESSION:
            frame = read().sample(frac=1, random_state=args.seed).reset_index(drop=True)
            found[name] = frame[: len(frame) // 2], frame[len(frame) // 2 :]
    for path in SENSORS:
        frame = pd.read_csv(data_folder() / "series" / path).iloc[:, 1:]
        found[path.partition(".")[0].removeprefix("nab_")] = frame[: len(frame) // 2], frame[len(frame) // 2 :]
    rows = 400 if args.quick else args.rows
    chosen = {name: pair for name, pair in found.items() if args.tables is None or name in args.tables}
    return {
        name: (train.head(rows).reset_index(drop=True), test.head(rows).reset_index(drop=True))
        for name, (train, test) in chosen.items()
    }


def by_ours(options: dict[str, Any], train: pd.DataFrame, test: pd.DataFrame, seed: int) -> Figures:
    """Bits a row of our file, and of the model's beside it; the rows come back as they were."""
    clock = Clock()
    vae = VAE(**{"random_state": seed, **options}).fit(train)
    clock("fit")
    blob = vae.compress(test)
    clock("compress")
    pd.testing.assert_frame_equal(vae.decompress(blob), test)
    with TemporaryDirectory() as folder:
        vae.save(Path(folder, "model.safetensors"))
        size = Path(folder, "model.safetensors").stat().st_size
    n = len(test)
    figures = {"bits": 8 * len(blob) / n, "with_model": 8 * (len(blob) + size) / n, "model_kib": size / 1024}
    figures["by_model"] = describe_file(blob, vae.fitted_).ledger.rows / n
    encoded = Rows.of(vae.fitted_.schema.encode(test.head(SHUFFLED)), vae.fitted_.schema)
    figures["shuffled"] = shuffled_bits(vae, encoded, seed)
    return figures | {"fit_seconds": clock.seconds["fit"], "rows_per_s": n / clock.seconds["compress"]}


def shuffled_bits(vae: VAE, rows: Rows, seed: int, batch_rows: int = 256) -> float:
    """-log2 p(x|z) a row with the z of the next row, less that with its own."""
    fitted = vae.fitted_

    def answer(batch: Batch, start: int) -> dict[str, torch.Tensor]:
        noise = OwnNoise((seed, 97), row_keys(batch.x, batch.observed), 1, fitted.device)
        z = fitted.model.posterior(batch.x, batch.observed, None).sample(noise)
        own, other = (
            observed_log_prob(fitted.model.decode(each, None), batch.x, batch.observed)[0] for each in (z, z.roll(1, 1))
        )
        return {"more": own - other}

    with torch.no_grad():
        found = in_chunks(answer, rows, batch_rows=batch_rows, device=fitted.device)
    return float(found["more"].double().mean()) / math.log(2)


def one_case(name: str, train: pd.DataFrame, test: pd.DataFrame, args: argparse.Namespace) -> dict[str, Figures]:
    """Every system's figures on one table."""

    def measure(system: str) -> Figures:
        answer = args.elsewhere.run(system, "compress", {"test": as_numbers(test)}, seed=args.seed)
        size, seconds = float(answer.frames["bytes"].to_numpy().sum()), answer.seconds["compress"]
        return {"bits": 8 * size / len(test), "fit_seconds": 0.0, "rows_per_s": len(test) / seconds}

    found = {system: {"bits": bits} for system, bits in packed_text(train, test).items()}
    found |= beside(args, f"{name}.{len(test)}.{args.seed}", {system: partial(measure, system) for system in ELSEWHERE})
    best = min(figures["bits"] for figures in found.values())
    for system, options in args.kinds.items():
        figures = by_ours(options, train, test, args.seed)
        saved = best - figures["bits"]
        figures["rows_to_pay"] = 8 * 1024 * figures["model_kib"] / saved if saved > 0 else math.inf
        found[system] = figures
    line = ", ".join(f"{system} {figures['bits']:.2f}" for system, figures in found.items())
    print(f"{name}: {line}", file=sys.stderr, flush=True)
    return found


def all_rows(args: argparse.Namespace) -> dict[str, Figures]:
    """All rows of Adult and the model that trained on them, beside packers of the text."""
    whole = pd.concat([adult("train"), adult("test")], ignore_index=True).head(400 if args.quick else args.rows)
    packed = packed_text(whole.head(0), whole)
    found: dict[str, Figures] = {
        system: {"with_model": bits} for system, bits in packed.items() if not system.endswith("_primed")
    }
    found["small"] = by_ours(SMALL | ({"epochs": 2} if args.quick else {}), whole, whole, args.seed)
    for figures in found.values():
        figures["kb"] = figures["with_model"] * len(whole) / 8_000
    return found


def main() -> None:
    """Run every table; print one for each."""
    parser = table_options(__doc__ or "")
    parser.add_argument("--tables", help="some of the tables, by name", type=lambda text: text.split(","))
    parser.add_argument("--rows", type=int, default=1_000_000, help="most rows of a part")
    args = parsed(parser, KINDS)
    if args.quick and not args.ours:
        args.kinds = {"ours": {"kind": "columns", "epochs": 3}}
    figures: Figures = {}
    for name, (train, test) in tables(args).items():
        for system, found in one_case(name, train, test, args).items():
            figures |= {f"{name}.{system}.{key}": value for key, value in found.items() if math.isfinite(value)}
        columns = (
            "bits",
            "with_model",
            "rows_to_pay",
            "model_kib",
            "by_model",
            "shuffled",
            "fit_seconds",
            "rows_per_s",
        )
        print_group(figures, name, columns)
    if args.tables is None or ALL in args.tables:
        for system, found in all_rows(args).items():
            figures |= {f"{ALL}.{system}.{key}": value for key, value in found.items()}
        print_group(figures, ALL, ("kb", "with_model", "bits", "model_kib", "fit_seconds", "rows_per_s"))
    write_json(args.json, figures, args.seed)


if __name__ == "__main__":
    main()
