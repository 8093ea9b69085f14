"""What the benchmarks of series share: options, opponents in interpreters of their own, caches, tables of figures."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from common import Array, options
from tables_common import Answer, Cache, Figures, NotInstalledError, Opponents, beside

Run = Callable[[], Figures]


class ArrayOpponents(Opponents):
    """Systems that answer arrays, run by ``opponents/series_systems.py``."""

    script = Path(__file__).with_name("opponents") / "series_systems.py"

    def write(self, folder: Path, key: str, frame: Array) -> None:
        """An array as a file of numpy."""
        np.save(folder / f"{key}.in.npy", frame)

    def read(self, folder: Path) -> dict[str, Any]:
        """Arrays by name."""
        return {path.name.split(".")[0]: np.load(path) for path in folder.glob("*.out.npy")}


class Interpreters:
    """Several interpreters, each with some of the systems."""

    def __init__(self, pythons: str | None, threads: int) -> None:
        self.each = [ArrayOpponents(python, threads) for python in (pythons or "").split(",") if python]

    def run(self, system: str, task: str, arrays: Mapping[str, Array], **plan: Any) -> Answer:
        """The answer of the first interpreter that has the system."""
        for one in self.each:
            if system in one.there:
                return one.run(system, task, arrays, **plan)
        raise NotInstalledError(system)


def series_options(description: str) -> argparse.ArgumentParser:
    """Options that the benchmarks of series share."""
    parser = options(description)
    parser.add_argument(
        "--opponents",
        metavar="PYTHON[,PYTHON]",
        default=os.environ.get("QUINTET_OPPONENTS"),
        help="interpreters that have the opponents' packages; default: the variable QUINTET_OPPONENTS",
    )
    parser.add_argument("--systems", help="some of the opponents, by name; '': none")
    parser.add_argument(
        "--ours", action="append", metavar="NAME=JSON", help="arguments of Series; repeatable; '': none"
    )
    parser.add_argument("--cache", type=Path, metavar="FILE", help="JSON file that keeps the opponents' figures")
    parser.add_argument("--go-on", type=Path, metavar="FILE", help="JSON file that keeps ours too: a cut run goes on")
    parser.add_argument("--threads", type=int, default=2)
    return parser


def parsed(parser: argparse.ArgumentParser, default: Mapping[str, dict[str, Any]]) -> argparse.Namespace:
    """The options, with the opponents, the caches, and ``kinds``: arguments of ``Series`` by the name of our system."""
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    args.elsewhere, args.kinds = Interpreters(args.opponents, args.threads), dict(default)
    args.cached, args.kept = Cache(args.cache), Cache(args.go_on)
    if args.ours is not None:
        given = [text.partition("=") for text in args.ours if text]
        args.kinds = {name: json.loads(arguments or "{}") for name, _, arguments in given}
    return args


def case_figures(
    args: argparse.Namespace,
    case: str,
    systems: Mapping[str, Run],
    ours: Callable[[dict[str, Any]], Figures],
    shown: str,
) -> dict[str, Figures]:
    """Every system's figures in one case, from the caches where they have them; ``shown`` is printed of each."""
    case = f"quick.{case}" if args.quick else case
    found = beside(args, case, systems)
    for system, arguments in args.kinds.items():
        found[system] = args.kept.of(f"{case}.{json.dumps(arguments)}", partial(ours, arguments))
    line = ", ".join(f"{system} {figures[shown]:.4g}" for system, figures in found.items() if shown in figures)
    print(f"{case}: {line}", file=sys.stderr, flush=True)
    return found


def means(found: Sequence[Mapping[str, Figures]]) -> dict[str, Figures]:
    """The mean of each figure of each system over the cases that have it."""
    parts: dict[str, dict[str, list[float]]] = {}
    for case in found:
        for system, figures in case.items():
            for name, value in figures.items():
                if isinstance(value, int | float):
                    parts.setdefault(system, {}).setdefault(name, []).append(float(value))
    return {s: {name: float(np.mean(values)) for name, values in figures.items()} for s, figures in parts.items()}


def flat(group: str, found: Mapping[str, Figures]) -> Figures:
    """Figures named GROUP.SYSTEM.FIGURE, of those that are numbers."""
    return {
        f"{group}.{system}.{name}": float(value)
        for system, figures in found.items()
        for name, value in figures.items()
        if isinstance(value, int | float)
    }
