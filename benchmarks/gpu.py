"""Training and answers on a GPU: seconds of an epoch beside pythae's, rows a second of the answers beside the CPU's.

An epoch is one of the joint stage of the network 784-400-20-400-784 on MNIST's 60,000 training rows in 0..1, as in
``training_speed.py``, for each batch size, place of the draws (``noise``) and precision; pythae's VAE trains the same
network with the same batches on the same device, its epochs between ours. The first epochs are not counted. The answers
are those of a ``fast`` model that trains on the GPU for a minute at most; the CPU answers from the same file. The whole
takes at most 8 minutes: what would begin later is left out, and named.

    python benchmarks/gpu.py --pythae PATH/TO/python --json docs/results/gpu.json
    python benchmarks/gpu.py --device cpu --quick

Without a GPU the script says what it would measure, and ends.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from importlib.util import find_spec
from itertools import product
from pathlib import Path

import numpy as np
import torch
from answer_speed import answers
from common import Array, digits, machine, options, table, write_json
from training_speed import Pythae, in_turns, recipe_of

from quintet import VAE, load
from quintet.data.dataset import Rows
from quintet.data.schema import Schema

LIMIT = 480.0
"""Seconds of the whole script."""
ASKED = 20
"""How many times as fast as pythae's an epoch shall be."""
BATCHES = (128, 1024, 8192)
NOISE, PRECISIONS = ("cpu", "device"), ("fp32", "bf16")
ANSWERS = ("detect", "score", "impute", "denoise", "generate", "compress", "decompress")


class Clock:
    """Seconds since the script began, and what it left out for lack of time."""

    def __init__(self) -> None:
        self.began = time.perf_counter()
        self.left_out: list[str] = []

    @property
    def spent(self) -> float:
        """Seconds."""
        return time.perf_counter() - self.began

    def has_time_for(self, what: str, seconds: float) -> bool:
        """Whether this part, of so many seconds, still begins."""
        if self.spent + seconds <= LIMIT:
            return True
        self.left_out.append(what)
        return False


def plan(args: argparse.Namespace, python: str | None) -> list[str]:
    """What the script measures, in words."""
    sizes, opponent = ", ".join(map(str, BATCHES)), python or "left out: give --pythae PYTHON"
    return [
        f"epochs of batches of {sizes}, with draws on the CPU and on the device, in fp32 and bf16",
        f"pythae's epochs of the same batches ({opponent}); asked are {ASKED} of ours in the time of one of pythae's",
        f"rows a second of {', '.join(ANSWERS)}, on {args.device} and on the CPU",
    ]


def epochs(images: Array, batch: int, args: argparse.Namespace, python: str | None, clock: Clock) -> dict[str, float]:
    """Seconds and loss of an epoch with one batch size: ours by noise and precision, and pythae's."""
    schema = Schema.infer(images, kind="unit")
    rows, found = Rows.of(images, schema), dict[str, list[tuple[float, float]]]()
    with tempfile.TemporaryDirectory() as folder:
        path, others = Path(folder) / "rows.npy", dict[str, Pythae]()
        if python is not None:
            np.save(path, images)
            others["pythae"] = Pythae(python, path, batch, args.device)
        try:
            took = 0.0
            for noise, precision in product(NOISE, PRECISIONS):
                began, more = clock.spent, {"noise": noise, "precision": precision}
                if clock.has_time_for(f"batches of {batch}, noise {noise}, {precision}", took):
                    recipe = recipe_of(schema)
                    joint = replace(recipe, stages=recipe.stages[:1])
                    turns = in_turns(joint, rows, batch, 1 if args.quick else args.rounds, others, args.device, **more)
                    found[f"{noise}.{precision}"] = turns["ours"]
                    found.setdefault("pythae", []).extend(turns.get("pythae", []))
                    took = clock.spent - began
        finally:
            for other in others.values():
                other.close()
    return figures(batch, found)


def figures(batch: int, found: Mapping[str, list[tuple[float, float]]]) -> dict[str, float]:
    """Medians, losses after equally many epochs, and how many of our epochs take the time of one of pythae's."""
    named: dict[str, float] = {}
    found = {name: turns for name, turns in found.items() if turns}
    seconds = {name: float(np.median([s for s, _ in turns])) for name, turns in found.items()}
    same = min((len(turns) for turns in found.values()), default=0)  # pythae trains on beside each of ours
    for name, middle in seconds.items():
        named[f"b{batch}.{name}.seconds"] = middle
        named[f"b{batch}.{name}.loss"] = found[name][same - 1][1]
        if name != "pythae" and "pythae" in seconds:
            named[f"b{batch}.{name}.vs_pythae"] = seconds["pythae"] / middle
    return named


def show_epochs(batch: int, named: Mapping[str, float], rows: int) -> None:
    """The table of one batch size."""
    lines = []
    for name in [*(f"{n}.{p}" for n in NOISE for p in PRECISIONS), "pythae"]:
        own = f"b{batch}.{name}"
        if f"{own}.seconds" in named:
            seconds, times = named[f"{own}.seconds"], named.get(f"{own}.vs_pythae")
            ratio = "" if times is None else f"{times:.1f}"
            lines.append((name, f"{seconds:.3f}", f"{rows / seconds:,.0f}", ratio, f"{named[f'{own}.loss']:.2f}"))
    head = ("noise, precision", "seconds", "rows/s", f"times pythae (asked {ASKED})", "loss, nats")
    table(f"Batch {batch}: medians of an epoch", lines, head)


def answered(images: Array, args: argparse.Namespace, clock: Clock) -> dict[str, float]:
    """Rows a second of each answer on the device and on the CPU."""
    seconds, named = 0.5 if args.quick else 4.0, dict[str, float]()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "digits.safetensors"
        limits = {"epochs": 2} if args.quick else {"epochs": 20, "max_minutes": 1.0}
        more = {"training": {"noise": "device"}, "device": args.device, "random_state": args.seed, "verbose": False}
        VAE(preset="fast", **limits, **more).fit(images).save(path)
        for device in dict.fromkeys((args.device, "cpu")):
            if clock.has_time_for(f"answers on {device}", 2.5 * seconds * len(ANSWERS)):
                found = answers(load(path, VAE, device=device), digits("test")[0], seconds, args.seed)
                named |= {f"{device.partition(':')[0]}.{name}": rate for name, rate in found.items()}
    return named


def show_answers(named: Mapping[str, float], device: str) -> None:
    """The table of the answers."""
    kind, lines = device.partition(":")[0], []
    for name in ANSWERS:
        own, cpu = (named.get(f"{where}.{name}") for where in (kind, "cpu"))
        both = own is not None and cpu is not None
        shown = ["" if rate is None else f"{rate:,.0f}" for rate in (own, cpu)]
        lines.append((name, *shown, f"{own / cpu:.1f}" if both else ""))
    table("Answers, rows a second", lines, ("answer", kind, "CPU", "times the CPU"))


def main() -> None:
    """Measure, or say what would be measured."""
    parser = options(__doc__.split("\n")[0])
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--pythae", metavar="PYTHON", default=os.environ.get("PYTHAE") or None)
    parser.add_argument("--device", default="cuda", help="device of the training (cuda)")
    parser.add_argument("--rounds", type=int, default=3, help="epochs that are counted (3)")
    args = parser.parse_args()
    python = args.pythae or (sys.executable if find_spec("pythae") else None)
    if args.device.startswith("cuda") and not torch.cuda.is_available():
        print("There is no GPU here. On a machine that has one this script measures:")
        print("\n".join(f"- {line};" for line in plan(args, python)))
        return
    clock, count = Clock(), 4_096 if args.quick else 60_000
    images = digits("train")[0][:count]
    grey = images.reshape(count, 784).astype(np.float32) / 255
    name = torch.cuda.get_device_name(args.device) if args.device.startswith("cuda") else machine()
    print(f"{count} rows, {name}")
    named: dict[str, float] = {}
    for batch in BATCHES[:1] if args.quick else BATCHES:
        named |= epochs(grey, batch, args, python, clock)
        show_epochs(batch, named, count)
    found = answered(images, args, clock)
    show_answers(found, args.device)
    for what in clock.left_out:
        print(f"Left out for lack of time: {what}")
    print(f"\n{clock.spent:.0f} s of at most {LIMIT:.0f}")
    write_json(args.json, {**named, **found, "seconds": clock.spent, "device": name}, args.seed)


if __name__ == "__main__":
    main()
