"""Training speed in rows per second: ours, pythae 0.1.2, the tutorial loop, and a bare loop in fp32 and bf16.

The same network (784-400-20-400-784, ReLU), the same Bernoulli bound on grey MNIST in 0..1, Adam at 0.001, an epoch of
the 60,000 rows per round. The contestants alternate within each round, and the first round is not counted. Ours is the
joint stage in the library's training loop, with all its work between steps and epochs; the stage of the partial encoder
has its own line. The machine should be idle otherwise.

    python benchmarks/training_speed.py --json docs/results/training_speed.json --pythae PATH/TO/python
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from common import digits, options, table, write_json
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy, binary_cross_entropy_with_logits
from torch.utils.data import DataLoader, TensorDataset

from quintet import variants
from quintet.data.dataset import Rows
from quintet.data.schema import Schema
from quintet.models.recipe import Recipe
from quintet.networks.mlp import Mlp
from quintet.training import Training, find_precision, fit

RATE = 1e-3
Epoch = Callable[[], tuple[float, float]]
"""Trains an epoch; its seconds, and its loss in nats a row."""


class Net(nn.Module):
    """The network of the loops that are written out here."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(784, 400), nn.ReLU())
        self.mean, self.log_variance = nn.Linear(400, 20), nn.Linear(400, 20)
        self.decoder = nn.Sequential(nn.Linear(20, 400), nn.ReLU(), nn.Linear(400, 784))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits, mean, log variance."""
        features = self.encoder(x)
        mean, log_variance = self.mean(features), self.log_variance(features)
        z = mean + torch.randn_like(mean) * torch.exp(0.5 * log_variance)
        return self.decoder(z), mean, log_variance


def kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Sum over rows and latents, nats."""
    return -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum()


def bare(x: Tensor, batch: int, half: bool) -> Epoch:
    """Batches by index, fused Adam, gradients set to None, nothing else; in bf16 by autocast."""
    net = Net()
    adam = torch.optim.Adam(net.parameters(), lr=RATE, fused=True)

    def epoch() -> tuple[float, float]:
        began, total = time.perf_counter(), torch.zeros(())
        order = torch.randperm(len(x))
        for start in range(0, len(x), batch):
            rows = x[order[start : start + batch]]
            with torch.autocast("cpu", torch.bfloat16, enabled=half):
                logits, mean, log_variance = net(rows)
            cross = binary_cross_entropy_with_logits(logits.float(), rows, reduction="sum")
            loss = (cross + kl(mean.float(), log_variance.float())) / len(rows)
            adam.zero_grad(set_to_none=True)
            loss.backward()
            adam.step()
            total += loss.detach() * len(rows)
        return time.perf_counter() - began, total.item() / len(x)

    return epoch


def tutorial(x: Tensor, batch: int) -> Epoch:
    """As tutorials write it: a DataLoader over a TensorDataset, probabilities, Adam, ``loss.item()`` at every step."""
    net = Net()
    adam = torch.optim.Adam(net.parameters(), lr=RATE)
    loader = DataLoader(TensorDataset(x), batch_size=batch, shuffle=True)

    def epoch() -> tuple[float, float]:
        began, total = time.perf_counter(), 0.0
        for (rows,) in loader:
            logits, mean, log_variance = net(rows)
            loss = binary_cross_entropy(torch.sigmoid(logits), rows, reduction="sum") + kl(mean, log_variance)
            adam.zero_grad()
            loss.backward()
            total += loss.item()
            adam.step()
        return time.perf_counter() - began, total / len(x)

    return epoch


class Pythae:
    """pythae in a process of its own, which sleeps until it is its turn."""

    def __init__(self, python: str, path: Path, batch: int, device: str = "cpu") -> None:
        script = Path(__file__).with_name("opponents") / "pythae_epochs.py"
        command = [python, str(script), str(path), str(batch), str(torch.get_num_threads()), device]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def __call__(self) -> tuple[float, float]:
        """An epoch."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("epoch\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().split()
        if len(answer) != 2:
            raise SystemExit("pythae's process ended: does that interpreter have pythae 0.1.2 and torch?")
        return float(answer[0]), float(answer[1])

    def close(self) -> None:
        """End the process."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def recipe_of(schema: Schema) -> Recipe:
    """Our variant ``vae`` with the network of the comparison."""
    torch.manual_seed(0)
    network = Mlp(hidden=(400,), activation="relu")
    return variants.get("vae")(likelihood="bernoulli").build(schema, 20, network)


def in_turns(
    recipe: Recipe, rows: Rows, batch: int, rounds: int, others: Mapping[str, Epoch], device: str = "cpu", **plan: Any
) -> dict[str, list[tuple[float, float]]]:
    """Ours by ``fit``; the others' epochs between ours. Seconds and loss of each epoch, the first one left out.

    ``plan`` are further options of ``Training``.
    """
    found: dict[str, list[tuple[float, float]]] = {"ours": [], **{name: [] for name in others}}
    resumed = time.perf_counter()

    def turn(row: Mapping[str, Any]) -> None:
        nonlocal resumed
        found["ours"].append((time.perf_counter() - resumed, row["loss"]))
        for name, epoch in others.items():
            found[name].append(epoch())
        resumed = time.perf_counter()

    training = Training(epochs=rounds + 1, batch_size=batch, learning_rate=RATE, schedule="constant", **plan)
    fit(recipe, rows, None, training, callbacks=[turn], device=device)
    return {name: epochs[1:] for name, epochs in found.items()}


def contest(rows: Rows, schema: Schema, batch: int, rounds: int, python: str | None) -> dict[str, float]:
    """The figures of one batch size."""
    x = rows.values
    others: dict[str, Epoch] = {
        "bare_bf16": bare(x, batch, half=True),
        "bare_fp32": bare(x, batch, half=False),
        "tutorial": tutorial(x, batch),
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.npy"
        if python is not None:
            np.save(path, x.numpy())
            others["pythae"] = Pythae(python, path, batch)
        recipe = recipe_of(schema)
        try:
            found = in_turns(replace(recipe, stages=recipe.stages[:1]), rows, batch, rounds, others)
        finally:
            for other in others.values():
                if isinstance(other, Pythae):
                    other.close()
    found["guide"] = in_turns(replace(recipe, stages=recipe.stages[1:]), rows, batch, max(1, rounds // 3), {})["ours"]
    return dict(_figures(batch, len(x), found))


def _figures(batch: int, n: int, found: Mapping[str, list[tuple[float, float]]]) -> Iterator[tuple[str, float]]:
    seconds = {name: float(np.median([s for s, _ in epochs])) for name, epochs in found.items()}
    for name, middle in seconds.items():
        yield f"b{batch}.{name}.seconds", middle
        yield f"b{batch}.{name}.rows_per_s", n / middle
        yield f"b{batch}.{name}.loss", found[name][-1][1]
    for name, key in (
        ("pythae", "pythae"),
        ("bare_bf16", "bare"),
        ("bare_fp32", "bare_fp32"),
        ("tutorial", "tutorial"),
    ):
        if name in seconds:
            yield f"b{batch}.vs_{key}", seconds[name] / seconds["ours"]


def show(batch: int, figures: Mapping[str, float]) -> None:
    """The table of one batch size."""
    names = {
        "ours": "quintet, the joint's stage",
        "bare_bf16": "bare loop, bf16",
        "bare_fp32": "bare loop, fp32",
        "tutorial": "tutorial loop",
        "pythae": "pythae 0.1.2",
        "guide": "quintet, the guide's stage",
    }
    lines = []
    for key, name in names.items():
        own = f"b{batch}.{key}"
        if f"{own}.seconds" in figures:
            seconds, loss = figures[f"{own}.seconds"], figures[f"{own}.loss"]
            ratio = f"{seconds / figures[f'b{batch}.ours.seconds']:.2f}"
            lines.append((name, f"{seconds:.2f}", f"{figures[f'{own}.rows_per_s']:,.0f}", ratio, f"{loss:.1f}"))
    table(f"Batch {batch}: medians of an epoch", lines, ("", "seconds", "rows/s", "over ours", "last loss, nats"))


def main() -> None:
    """Both batch sizes."""
    parser = options(__doc__.split("\n")[0])
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--pythae", metavar="PYTHON", help="an interpreter that has pythae 0.1.2")
    parser.add_argument("--rounds", type=int, default=7, help="rounds that are counted (7)")
    args = parser.parse_args()
    python = args.pythae or (sys.executable if find_spec("pythae") else None)
    count, rounds = (6_000, 2) if args.quick else (60_000, args.rounds)
    images = digits("train")[0][:count].reshape(count, 784).astype(np.float32) / 255
    schema = Schema.infer(images, kind="unit")
    rows = Rows.of(images, schema)
    print(f"{count} rows, {torch.get_num_threads()} threads, ours in {find_precision('auto', torch.device('cpu'))}")
    if python is None:
        print("pythae is left out: give --pythae PYTHON, an interpreter that has it")
    figures: dict[str, float] = {}
    for batch in (128, 1024):
        figures |= contest(rows, schema, batch, rounds, python)
        show(batch, figures)
    write_json(args.json, figures, args.seed)


if __name__ == "__main__":
    main()
