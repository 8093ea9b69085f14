"""Rows per second of training with one process and with several that share each batch, on the CPU or GPUs.

All train the same model on MNIST for the same number of epochs with the same rows in a batch. A run is processes and
threads of each: one process with one thread is the unit, and one with all threads says what the cores give without
several processes. Rows per second are those of the last epoch of the joint stage; all processes of a run end with the
same weights, whose loss is printed beside them.

    python benchmarks/processes.py --json docs/results/processes.json
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from common import digits, options, table, write_json

ROWS, QUICK = 60_000, 4_096
WIDTH = (784, 400)
"""Units of the hidden layers of encoder and decoder."""


def worker(out: Path, rows: int, batch: int, epochs: int, device: str, seed: int) -> None:
    """Train in this process, of which there may be others; the first one writes the history."""
    from quintet import VAE

    plan = {"batch_size": batch, "precision": "fp32"}
    network = {"kind": "mlp", "hidden": WIDTH}
    more: dict[str, Any] = {"calibration": 0.0, "context": "none", "device": device, "random_state": seed}
    vae = VAE(latent_dim=20, network=network, training=plan, epochs=epochs, **more).fit(digits("train")[0][:rows])
    if os.environ.get("RANK", "0") == "0":
        out.write_text(json.dumps(vae.history_.stage("joint")[-1]))


def measured(count: int, threads: int, arguments: list[str]) -> dict[str, Any]:
    """The last epoch of the joint stage of a training in ``count`` processes of so many threads."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "history.json"
        line = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(count)]
        line += [__file__, "--worker", str(out), *arguments]
        subprocess.run(line, check=True, env={**os.environ, "OMP_NUM_THREADS": str(threads)})
        found: dict[str, Any] = json.loads(out.read_text())
        return found


def main() -> None:
    """Measure each number of processes, and print a table."""
    parser = options(__doc__.splitlines()[0])
    parser.add_argument("--runs", default="1x1,1x2,2x1", help="processes x threads of each, with commas between them")
    parser.add_argument("--batch", type=int, default=512, help="rows of a batch, all processes together")
    parser.add_argument("--epochs", type=int, default=3, help="of both stages together")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--worker", type=Path, help="used by the script itself")
    chosen = parser.parse_args()
    rows, epochs = (QUICK, 2) if chosen.quick else (ROWS, chosen.epochs)
    if chosen.worker is not None:
        worker(chosen.worker, rows, chosen.batch, epochs, chosen.device, chosen.seed)
        return
    arguments = ["--batch", str(chosen.batch), "--epochs", str(chosen.epochs), "--device", chosen.device]
    arguments += ["--seed", str(chosen.seed), *(["--quick"] if chosen.quick else [])]
    runs = [tuple(map(int, run.split("x"))) for run in chosen.runs.split(",")]
    found = {f"{count}x{threads}": measured(count, threads, arguments) for count, threads in runs}
    unit = next(iter(found.values()))["rows_per_s"]
    lines = [
        (*run.split("x"), f"{each['rows_per_s']:,.0f}", f"{each['rows_per_s'] / unit:.2f}", f"{each['loss']:.4f}")
        for run, each in found.items()
    ]
    heads = ("processes", "threads of each", "rows/s", "over the first", "loss, nats")
    table(f"Training, {rows:,} rows in batches of {chosen.batch}", lines, heads)
    figures = {f"{run}.{name}": each[name] for run, each in found.items() for name in ("rows_per_s", "loss")}
    write_json(chosen.json, {**figures, "rows": rows, "batch": chosen.batch, "device": chosen.device}, chosen.seed)


if __name__ == "__main__":
    main()
