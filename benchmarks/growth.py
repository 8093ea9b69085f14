"""Growth of processor time and memory of every question with the number of rows, from a thousand to a million.

A small model is fitted to n rows of a table and then applied to n others, so that what ``fit`` stores grows too. Each
question runs in a separate process on one thread. Time is processor time. Memory is the peak above what the process
held before, rows included; the size of the answer is reported beside it. Linear time grows tenfold from one column to
the next; constant memory grows by no more than the answer.

A cell is left out and named if ten times the previous cell exceeds ``--seconds``.

    python benchmarks/growth.py --json docs/results/growth.json
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from common import Array, options, peak_gib, reset_peak, table, write_json

COLUMNS, DIRECTIONS, CURVED = 10, 4, 7
"""Columns of the table, directions that it varies in, and the seed of the surface that all of its rows lie about."""
MIB = 2**20
Found = dict[str, dict[int, dict[str, float]]]
"""Figures by answer and number of rows."""


def rows_of(count: int, seed: int) -> Array:
    """Rows about a curved surface, (count, COLUMNS) float32."""
    rng = np.random.default_rng(seed)
    turned = np.random.default_rng(CURVED).normal(size=(DIRECTIONS, COLUMNS)).astype(np.float32)
    place = rng.standard_normal((count, DIRECTIONS), np.float32)
    rows: Array = 2 * np.tanh(place @ turned) + 0.3 * rng.standard_normal((count, COLUMNS), np.float32)
    return rows


def holed(rows: Array, seed: int) -> Array:
    """The rows with a third of their cells missing."""
    return np.where(np.random.default_rng(seed).random(rows.shape) < 1 / 3, np.float32(np.nan), rows)


def noisy(rows: Array, seed: int) -> Array:
    """The rows with a tenth of their cells replaced."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random(rows.shape) < 0.1, rng.uniform(-3, 3, rows.shape).astype(np.float32), rows)


class Model:
    """A fitted model and new rows; each answer is prepared first and measured afterwards."""

    def __init__(self, path: Path, count: int, seed: int) -> None:
        from quintet import load

        self.path, self.count, self.rows, self.seed = path, count, rows_of(count, seed + 1), seed
        self.vae: Any = load(path)

    def ready(self, answer: str) -> Callable[[], object]:
        """What is to be measured."""
        vae, rows = self.vae, self.rows
        if answer == "decompress":
            blob = vae.compress(rows, effort="low")
            return lambda: vae.decompress(blob)
        if answer in ("impute", "denoise"):
            spoiled = (holed if answer == "impute" else noisy)(rows, self.seed + 2)
            return lambda: getattr(vae, answer)(spoiled)
        questions: dict[str, Callable[[], object]] = {
            "detect": lambda: vae.detect(rows),
            "embed": lambda: vae.transform(rows),
            "log_likelihood": lambda: vae.log_prob(rows),
            "generate": lambda: vae.generate(self.count, random_state=self.seed),
            "compress": lambda: vae.compress(rows, effort="low"),
            "evaluate": lambda: vae.evaluate(rows),
            "save": lambda: vae.save(self.path.with_suffix(".again")),
        }
        return questions[answer]


ANSWERS = (
    "fit", "save", "detect", "embed", "generate", "log_likelihood", "evaluate", "compress", "decompress", "impute",
    "denoise",
)  # fmt: skip


def measured(answer: str, count: int, path: Path, seed: int) -> dict[str, float]:
    """Seconds of the processor, and MiB of the peak and of the answer, of one answer in this process."""
    import torch

    torch.set_num_threads(1)
    if answer == "fit":
        from quintet import VAE

        rows, latents = rows_of(count, seed), DIRECTIONS
        vae = VAE(epochs=2, latent_dim=latents, network={"kind": "mlp", "hidden": (64,)}, random_state=seed)
        work: Callable[[], object] = lambda: vae.fit(rows)  # noqa: E731
    else:
        work = Model(path, count, seed).ready(answer)
    reset_peak()
    before, began = peak_gib(), time.process_time()
    found = work()
    seconds, peak = time.process_time() - began, peak_gib()
    if answer == "fit":
        vae.save(path)
    return {"seconds": seconds, "mib": 1024 * (peak - before), "answer_mib": held(found) / MIB}


def held(answer: object) -> int:
    """Bytes that an answer takes."""
    if isinstance(answer, np.ndarray):
        return answer.nbytes
    if isinstance(answer, bytes):
        return len(answer)
    if isinstance(answer, dict):
        return sum(held(value) for value in answer.values())
    fields = getattr(answer, "__dataclass_fields__", ())
    return sum(held(getattr(answer, name)) for name in fields)


def in_process(answer: str, count: int, path: Path, args: argparse.Namespace) -> dict[str, float] | str:
    """The figures of one cell, found in a process of its own; why there are none."""
    command = [sys.executable, __file__, "--cell", answer, "--rows", str(count), "--model", str(path)]

    def limit() -> None:
        """Preparing and answering together: no cell takes much longer than it may."""
        most = int(4 * args.seconds) + 60
        resource.setrlimit(resource.RLIMIT_CPU, (most, most))

    done = subprocess.run(
        [*command, "--seed", str(args.seed)], capture_output=True, text=True, check=False, preexec_fn=limit
    )
    if done.returncode:
        return f"ended with {done.returncode}: {(done.stderr.strip().splitlines() or [''])[-1]}"
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def measure(args: argparse.Namespace, folder: Path) -> Iterator[tuple[Found, list[str]]]:
    """Figures of each answer by the number of rows, and what was left out: so far, after each number of rows."""
    found: Found = {answer: {} for answer in ANSWERS if answer in ("fit", *args.only)}
    left: list[str] = []
    model = folder
    for count in args.rows:
        for answer, before in found.items():
            what, last = f"{answer} of {count:,} rows", max(before, default=0)
            expected = before[last]["seconds"] * count / last if last else 0.0
            if expected > args.seconds:
                left.append(f"{what}: expected {expected:,.0f} s")
                continue
            path = folder / f"{count}.safetensors" if answer == "fit" else model
            cell = in_process(answer, count, path, args)
            if isinstance(cell, str):
                left.append(f"{what}: {cell}")
                continue
            model, before[count] = path, cell
            print(f"{what}: {cell['seconds']:.2f} s, {cell['mib']:.0f} MiB", flush=True)
        yield found, left


def figures_of(found: Found) -> dict[str, float]:
    """Flat names: seconds, MiB and growth of each answer by the number of rows."""
    flat: dict[str, float] = {}
    for answer, cells in found.items():
        for count, cell in cells.items():
            flat |= {f"{answer}.{count}.{name}": value for name, value in cell.items()}
    for answer, cells in found.items():
        for less, more in pairwise(cells):
            flat[f"{answer}.growth.{less}_to_{more}"] = cells[more]["seconds"] / cells[less]["seconds"]
    return flat


def show(found: Found, counts: list[int]) -> None:
    """A table of seconds with their growth, and one of MiB with those of the answer."""
    times, memory = [], []
    for answer, cells in found.items():
        seconds = {count: cell["seconds"] for count, cell in cells.items()}
        grown = {more: seconds[more] / seconds[less] for less, more in pairwise(seconds)}
        shown = {n: f"{s:.2f}" + (f" ({grown[n]:.1f} x)" if n in grown else "") for n, s in seconds.items()}
        times.append((answer, *(shown.get(count, "-") for count in counts)))
        mib = {count: f"{cell['mib']:.0f} ({cell['answer_mib']:.0f})" for count, cell in cells.items()}
        memory.append((answer, *(mib.get(count, "-") for count in counts)))
    head = ("rows", *(f"{count:,}" for count in counts))
    table("Seconds of the processor (over those of the column before)", times, head)
    table("Peak MiB beyond the rows (of the answer itself)", memory, head)


def main() -> None:
    """Every answer over every number of rows."""
    parser = options((__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=lambda s: [int(n) for n in s.split(",")], help="1000,10000,100000,1000000")
    parser.add_argument(
        "--only", type=lambda s: s.split(","), default=list(ANSWERS), help=f"some of {','.join(ANSWERS)}"
    )
    parser.add_argument("--seconds", type=float, help="the most that a cell is expected to take (120)")
    parser.add_argument("--cell", choices=ANSWERS, help=argparse.SUPPRESS)
    parser.add_argument("--model", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.cell:
        print(json.dumps(measured(args.cell, args.rows[0], args.model, args.seed)))
        return
    args.rows = args.rows or ([500, 5000] if args.quick else [1000, 10_000, 100_000, 1_000_000])
    args.seconds = args.seconds or (10.0 if args.quick else 120.0)
    found: Found = {}
    left: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for found, left in measure(args, Path(folder)):
            about = {"about.left_out": "; ".join(left)} if left else {}
            write_json(args.json, {**figures_of(found), **about}, args.seed)
    show(found, args.rows)
    print("\n".join(f"Left out: {line}" for line in left))


if __name__ == "__main__":
    main()
