"""Training from files that are larger than the allowed memory, beside training from the same rows in memory.

The script writes a folder of Parquet files (20 columns: numbers, whole numbers, levels as text, a date) and fits the
same small model twice, each time in a process of its own with one thread: once from the folder, once from the rows in
memory. Memory is the peak of what belongs to the process alone (Linux's ``RssAnon``, read every 20 ms) and, beside
it, the peak of all that is resident (``VmHWM``). The latter counts pages of mapped files: they are copies of what is on
the disk, and the system takes them back when it needs room. Rates are rows of the training steps by seconds and by
processor seconds, without the passes before and the measurements after.

``--json`` also has the seconds of the passes over the files: one that learns the columns, one that encodes them.

    python benchmarks/larger_than_memory.py --json docs/results/larger_than_memory.json
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
from common import options, peak_gib, table, write_json

ROWS, QUICK_ROWS = 10_000_000, 200_000
FILE_ROWS = 2**18
NUMBERS, WHOLE, LEVELS = 14, 3, 2
SEED_OF_MAP = 11
GIB = 2**30


def file_of(rows: int, number: int, seed: int) -> Any:
    """The rows of one file as an Arrow table: numbers that depend on four directions, and columns made from them."""
    import pyarrow

    rng = np.random.default_rng((seed, number))
    turned = np.random.default_rng(SEED_OF_MAP).normal(size=(4, NUMBERS))
    place = rng.normal(size=(rows, 4))
    x = 2 * np.tanh(place @ turned) + 0.3 * rng.normal(size=(rows, NUMBERS))
    columns: dict[str, Any] = {f"x{i}": x[:, i] for i in range(NUMBERS)}
    for i in range(WHOLE):
        columns[f"n{i}"] = rng.poisson(np.exp(place[:, i].clip(-2, 2)))
    names = np.array([f"level {i}" for i in range(12)])
    for i in range(LEVELS):
        columns[f"c{i}"] = names[np.digitize(place[:, i], np.linspace(-2, 2, 11))]
    columns["day"] = np.datetime64("2020-01-01") + (400 + 100 * place[:, 3]).astype(np.int64)
    return pyarrow.table(columns)


def write_folder(folder: Path, rows: int, seed: int) -> int:
    """Write the files, and return their size in bytes."""
    from pyarrow import parquet

    for number, start in enumerate(range(0, rows, FILE_ROWS)):
        part = file_of(min(FILE_ROWS, rows - start), number, seed)
        parquet.write_table(
            part, folder / f"part-{number:04d}.parquet", row_group_size=2**16, compression="none", use_dictionary=False
        )
    return sum(path.stat().st_size for path in folder.iterdir())


class Watch(threading.Thread):
    """The largest anonymous memory of this process."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = 0

    def run(self) -> None:
        """Look every 20 ms."""
        while True:
            lines = Path("/proc/self/status").read_text().splitlines()
            held = next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))
            self.peak = max(self.peak, held * 1024)
            time.sleep(0.02)


class Timed:
    """Seconds and processor seconds of calls of a method."""

    def __init__(self, owner: Any, name: str) -> None:
        self.seconds, self.processor = 0.0, 0.0
        inner = getattr(owner, name)

        def run(*args: Any, **kwargs: Any) -> Any:
            began, worked = time.perf_counter(), time.process_time()
            try:
                return inner(*args, **kwargs)
            finally:
                self.seconds += time.perf_counter() - began
                self.processor += time.process_time() - worked

        setattr(owner, name, run)


def measured(how: str, folder: Path, minutes: float, seed: int) -> dict[str, float]:
    """Figures of one fit, in this process."""
    import torch

    torch.set_num_threads(1)
    from quintet import VAE
    from quintet.data.large import StoredTable, open_rows, stored_table
    from quintet.training.trainer import Trainer

    watch = Watch()
    watch.start()
    passes, encoding = Timed(StoredTable, "learnt"), Timed(StoredTable, "encoded")
    training = Timed(Trainer, "_epoch")
    if how == "disk":
        stored_table.IN_MEMORY = 0  # a small folder is read as a large one is
        rows: Any = open_rows(folder)
    else:
        rows = open_rows(folder).in_memory()
    began = time.perf_counter()
    plan = {"batch_size": 1024, "max_minutes": minutes}
    vae = VAE(epochs=2, latent_dim=4, context="none", training=plan, random_state=seed, verbose=False).fit(rows)
    seen = sum(row["rows_per_s"] * row["seconds"] for row in vae.history_.rows)
    return {
        "anonymous_gib": watch.peak / GIB,
        "resident_gib": peak_gib(),
        "fit_s": time.perf_counter() - began,
        "learn_s": passes.seconds - encoding.seconds,
        "encode_s": encoding.seconds,
        "rows_trained": seen,
        "rows_per_s": seen / training.seconds,
        "rows_per_processor_s": seen / training.processor,
    }


def main() -> None:
    """Write the data, fit twice, and compare."""
    parser = options(__doc__.splitlines()[0])
    parser.add_argument("--rows", type=float, default=None, help="rows of the folder")
    parser.add_argument("--minutes", type=float, default=20.0, help="limit on each fit, its passes included")
    parser.add_argument("--folder", type=Path, help="where the data is written, and left")
    parser.add_argument("--only", choices=("disk", "memory"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.only:
        print(json.dumps(measured(chosen.only, chosen.folder, chosen.minutes, chosen.seed)))
        return
    rows = int(chosen.rows or (QUICK_ROWS if chosen.quick else ROWS))
    with tempfile.TemporaryDirectory() as place:
        folder = chosen.folder or Path(place)
        folder.mkdir(exist_ok=True)
        written = sum(path.stat().st_size for path in folder.iterdir()) or write_folder(folder, rows, chosen.seed)
        figures: dict[str, float] = {"rows": rows, "disk_gib": written / GIB}
        for how in ("disk", "memory"):
            command = [sys.executable, __file__, "--only", how, "--folder", str(folder), "--seed", str(chosen.seed)]
            found = subprocess.run(
                [*command, "--minutes", str(chosen.minutes)], check=True, capture_output=True, text=True
            ).stdout
            figures |= {f"{how}.{name}": value for name, value in json.loads(found.splitlines()[-1]).items()}
    for name in ("rows_per_s", "rows_per_processor_s"):
        figures[f"share.{name}"] = figures[f"disk.{name}"] / figures[f"memory.{name}"]
    names = [name.partition(".")[2] for name in figures if name.startswith("disk.")]
    lines = [(name, *(f"{figures[f'{how}.{name}']:.4g}" for how in ("disk", "memory"))) for name in names]
    table(f"{rows:,} rows, {figures['disk_gib']:.2f} GiB of Parquet", lines, ("", "from disk", "from memory"))
    print(f"\nRate from disk: {figures['share.rows_per_processor_s']:.2f} of that from memory by processor time.")
    write_json(chosen.json, figures, chosen.seed)


if __name__ == "__main__":
    main()
