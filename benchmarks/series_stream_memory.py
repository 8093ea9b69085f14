"""Memory of a fit of ``Series`` from Parquet files that are never whole in memory, as the rows grow.

The script writes folders of Parquet files with one series, a time stamp a second and three channels, and fits the same
small model to each, in a process of its own with one thread. Memory is the peak of what belongs to the process alone
(Linux's ``RssAnon``, read every 20 ms), less what it held before the fit. ``cells_gib`` are the cells of the series as
float64, which a fit in memory holds at least once.

    python benchmarks/series_stream_memory.py --json docs/results/series_stream_memory.json
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from common import options, table, write_json
from larger_than_memory import GIB, Watch

ROWS, QUICK_ROWS = (1_000_000, 10_000_000), (100_000, 400_000)
FILE_ROWS = 2**20
CHANNELS = 3
DAY = 720
"""Steps of a period."""


def part_of(start: int, rows: int, seed: int) -> Any:
    """Some rows of the series as an Arrow table: three channels with a period, of different phase, and noise."""
    import pyarrow

    at = np.arange(start, start + rows)
    rng = np.random.default_rng((seed, start))
    columns: dict[str, Any] = {"time": np.datetime64("2020-01-01", "s") + at}
    for channel in range(CHANNELS):
        wave = np.sin(2 * np.pi * at / DAY + channel)
        columns[f"x{channel}"] = (10 * wave + rng.normal(size=rows)).round(3)
    return pyarrow.table(columns)


def write_folder(folder: Path, rows: int, seed: int) -> int:
    """Write the files, and return their size in bytes."""
    from pyarrow import parquet

    folder.mkdir(parents=True, exist_ok=True)
    for number, start in enumerate(range(0, rows, FILE_ROWS)):
        part = part_of(start, min(FILE_ROWS, rows - start), seed)
        parquet.write_table(part, folder / f"part-{number:04d}.parquet", row_group_size=2**16)
    return sum(path.stat().st_size for path in folder.iterdir())


def measured(folder: Path, minutes: float, seed: int) -> dict[str, float]:
    """Figures of one fit, in this process."""
    import torch

    torch.set_num_threads(1)
    from quintet import Series

    watch = Watch()
    watch.start()
    time.sleep(0.1)
    before, began = watch.peak, time.perf_counter()
    small: dict[str, Any] = {"latent_dim": 4, "network": "mlp", "context": "none", "epochs": 1}
    model = Series(**small, window=128, max_minutes=minutes, random_state=seed, verbose=False).fit(folder)
    return {
        "before_gib": before / GIB,
        "fit_gib": (watch.peak - before) / GIB,
        "fit_s": time.perf_counter() - began,
        "held_out_steps": model.description_.clean.count,
    }


def main() -> None:
    """Write series of growing length, fit a model to each, and compare the memory."""
    parser = options(__doc__.splitlines()[0])
    parser.add_argument("--rows", type=float, nargs="+", help="steps of each series")
    parser.add_argument("--minutes", type=float, default=0.2, help="limit on the training of each fit")
    parser.add_argument("--only", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.only:
        print(json.dumps(measured(chosen.only, chosen.minutes, chosen.seed)))
        return
    figures: dict[str, float] = {}
    lengths = [int(rows) for rows in chosen.rows or (QUICK_ROWS if chosen.quick else ROWS)]
    for rows in lengths:
        with tempfile.TemporaryDirectory() as place:
            written = write_folder(Path(place), rows, chosen.seed)
            command = [sys.executable, __file__, "--only", place, "--minutes", str(chosen.minutes)]
            found = subprocess.run(
                [*command, "--seed", str(chosen.seed)], check=True, capture_output=True, text=True
            ).stdout
        about = {"cells_gib": 8 * CHANNELS * rows / GIB, "disk_gib": written / GIB}
        about |= json.loads(found.splitlines()[-1])
        figures |= {f"{rows}.{name}": value for name, value in about.items()}
    names = [name.partition(".")[2] for name in figures if name.startswith(f"{lengths[0]}.")]
    lines = [(name, *(f"{figures[f'{rows}.{name}']:.4g}" for rows in lengths)) for name in names]
    table("A fit of a series of files", lines, ("", *(f"{rows:,} steps" for rows in lengths)))
    write_json(chosen.json, figures, chosen.seed)


if __name__ == "__main__":
    main()
