"""MIG, SAP, DCI and modularity of our variants and of pythae 0.1.2's models on shapes with known factors.

The script renders the shapes: every combination of place across (12) and down (12), size (4), angle (8) and shape (3),
32 x 32 grey pixels, 13,824 rows. All models have the same network (1024-256-256-10-256-256-1024, ReLU), the Bernoulli
cross-entropy, Adam at 0.001 and as many epochs; a weight that both have is the same. pythae has no DIP-VAE. The figures
are those of the posterior means of 5,000 of the rows; each is 0 to 1, higher is better. Seconds are of training alone,
ours without the guide.

    python benchmarks/disentangle.py --json docs/results/disentangle.json --pythae PATH/TO/python
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from common import Array, options, table, write_json

from quintet import variants
from quintet.data.dataset import Rows
from quintet.data.schema import Schema
from quintet.evaluate import active_units
from quintet.evaluate.disentangle import disentanglement
from quintet.networks.mlp import Mlp
from quintet.training import Training, fit

SIDE, FINE = 32, 3
LATENTS, HIDDEN, BATCH, RATE = 10, 256, 256, 1e-3
FACTORS = ("x", "y", "size", "angle", "shape")
LEVELS = (12, 12, 4, 8, 3)
NAMED = (4,)
JUDGED = 5_000
OURS: dict[str, dict[str, Any]] = {
    "vae": {},
    "beta": {"beta": 4.0},
    "beta_tc": {"beta": 6.0},
    "factor": {"gamma": 10.0},
    "dip": {"kind": "II", "off_diagonal": 10.0},
    "info": {"alpha": 0.5, "lambda_": 300.0},
}
THEIRS: dict[str, dict[str, Any]] = {
    "vae": {},
    "beta": {"beta": 4.0},
    "beta_tc": {"alpha": 1.0, "beta": 6.0, "gamma": 1.0},
    "factor": {"gamma": 10.0},
    "info": {"alpha": 0.5, "lbd": 299.5 / 7 + 0.5, "kernel_choice": "imq"},  # its kernel is the sum of 7, ours the mean
}
FIGURES = {
    "mig": "MIG",
    "sap": "SAP",
    "dci_disentanglement": "DCI D",
    "dci_completeness": "DCI C",
    "dci_informativeness": "DCI I",
    "modularity": "modularity",
    "active": "active",
    "seconds": "seconds",
}


def shapes() -> tuple[Array, Array]:
    """(n, 32, 32) of 0..1, each pixel the mean of 9 points, and the levels of the factors, (n, 5)."""
    levels = np.stack(np.meshgrid(*[np.arange(n) for n in LEVELS], indexing="ij"), -1).reshape(-1, len(LEVELS))
    grid = (np.arange(SIDE * FINE) + 0.5) / (SIDE * FINE)
    across, down = np.meshgrid(grid, grid)
    images = np.empty((len(levels), SIDE, SIDE), np.float32)
    for row, (x, y, size, angle, shape) in enumerate(levels):
        turn = np.deg2rad(-70 + 20 * angle)
        half = 0.12 + 0.035 * size
        dx, dy = across - (0.25 + x / 22), down - (0.25 + y / 22)
        u = (np.cos(turn) * dx + np.sin(turn) * dy) / half
        v = (np.cos(turn) * dy - np.sin(turn) * dx) / half
        fine = inside(u, v, shape).reshape(SIDE, FINE, SIDE, FINE)
        images[row] = fine.mean((1, 3))
    return images, levels


def inside(u: Array, v: Array, shape: int) -> Array:
    """An ellipse, a triangle and a T, upright in -1..1; none looks the same when turned by less than half a turn."""
    if shape == 0:
        return np.square(u / 0.5) + np.square(v) < 1
    if shape == 1:
        return (v < 0.9) & (np.abs(u) < 0.35 * (v + 1))
    return ((np.abs(u) < 0.7) & (v > -0.9) & (v < -0.5)) | ((np.abs(u) < 0.2) & (v >= -0.5) & (v < 0.9))


def ours(name: str, images: Array, epochs: int, seed: int) -> tuple[Array, float]:
    """Posterior means of all rows under one of our variants, and the seconds of its training."""
    schema = Schema.infer(images, kind="unit")
    rows = Rows.of(images, schema)
    torch.manual_seed(seed)
    network = Mlp(hidden=(HIDDEN, HIDDEN), activation="relu")
    recipe = variants.get(name)(likelihood="bernoulli", **OURS[name]).build(schema, LATENTS, network)
    began = time.perf_counter()
    plan = Training(epochs=epochs, batch_size=BATCH, learning_rate=RATE, schedule="constant")
    fit(replace(recipe, stages=recipe.stages[:1]), rows, None, plan, seed, device="cpu")
    seconds = time.perf_counter() - began
    batch = rows.batch(slice(None))
    with torch.no_grad():
        return recipe.model.eval().embed(batch.x, batch.observed).numpy(), seconds


def theirs(python: str, images: Array, epochs: int, seed: int) -> Iterator[tuple[str, Array, float]]:
    """Name, posterior means and seconds of each of pythae's models."""
    script = Path(__file__).with_name("opponents") / "pythae_disentangle.py"
    plan = {"models": THEIRS, "epochs": epochs, "batch": BATCH, "latents": LATENTS, "hidden": HIDDEN, "rate": RATE}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        np.save(path / "rows.npy", images.reshape(len(images), -1))
        (path / "plan.json").write_text(json.dumps({**plan, "seed": seed, "threads": torch.get_num_threads()}))
        command = [python, str(script), str(path / "rows.npy"), folder, str(path / "plan.json")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
            assert process.stdout is not None
            for line in process.stdout:
                name, seconds = line.split()
                yield name, np.load(path / f"{name}.npy"), float(seconds)
        if process.returncode:
            raise SystemExit("pythae's process failed: does that interpreter have pythae 0.1.2 and torch?")


def judged(codes: Array, factors: Array, seconds: float, seed: int) -> dict[str, float]:
    """The figures of one model."""
    chosen = np.random.default_rng((seed, 1)).permutation(len(codes))[:JUDGED]
    found = disentanglement(codes[chosen], factors[chosen], NAMED, seed)
    return {**found, "active": float(active_units(codes)), "seconds": seconds}


def show(runs: dict[str, list[dict[str, float]]]) -> None:
    """One line a model, means over the seeds."""
    lines = []
    for name, seeds in runs.items():
        means = {key: float(np.mean([run[key] for run in seeds])) for key in FIGURES}
        own = [f"{means[key]:.1f}" if key in ("active", "seconds") else f"{means[key]:.3f}" for key in FIGURES]
        lines.append((name, *own))
    table(f"Means over {len(next(iter(runs.values())))} seed(s)", lines, ("", *FIGURES.values()))


def flat(runs: dict[str, list[dict[str, float]]]) -> dict[str, float]:
    """Means and, with several seeds, standard deviations by name."""
    out: dict[str, float] = {}
    for name, seeds in runs.items():
        for key in FIGURES:
            values = [run[key] for run in seeds]
            out[f"{name}.{key}"] = float(np.mean(values))
            if len(values) > 1:
                out[f"{name}.{key}.spread"] = float(np.std(values, ddof=1))
    return out


def main() -> None:
    """Train all, judge all, print one table."""
    parser = options(__doc__.split("\n")[0])
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--pythae", metavar="PYTHON", help="an interpreter that has pythae 0.1.2")
    parser.add_argument("--epochs", type=int, default=60, help="of each model (60)")
    parser.add_argument("--seeds", type=int, default=1, help="fits of each model (1)")
    args = parser.parse_args()
    python = args.pythae or (sys.executable if find_spec("pythae") else None)
    if python is None:
        print("pythae is left out: give --pythae PYTHON, an interpreter that has it")
    images, factors = shapes()
    epochs = args.epochs
    if args.quick:
        chosen = np.random.default_rng(0).permutation(len(images))[:3_000]
        images, factors, epochs = images[chosen], factors[chosen], 5
    print(f"{len(images)} rows, {epochs} epochs, {torch.get_num_threads()} threads")
    ours("vae", images[:BATCH], 1, 0)  # what is imported at the first fit is no part of anybody's seconds
    runs: dict[str, list[dict[str, float]]] = {}
    for seed in range(args.seed, args.seed + args.seeds):
        for name in OURS:
            codes, seconds = ours(name, images, epochs, seed)
            runs.setdefault(name, []).append(judged(codes, factors, seconds, seed))
            print(f"seed {seed}: {name} {seconds:.0f} s", flush=True)
        for name, codes, seconds in theirs(python, images, epochs, seed) if python else ():
            runs.setdefault(f"pythae.{name}", []).append(judged(codes, factors, seconds, seed))
            print(f"seed {seed}: pythae's {name} {seconds:.0f} s", flush=True)
    show(runs)
    write_json(args.json, flat(runs), args.seed)


if __name__ == "__main__":
    main()
