"""Several systems on the same tables: opponents in their own interpreter, cached figures, summaries, options."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from common import options, table
from scipy.stats import rankdata

Figures = dict[str, float]


class Answer(NamedTuple):
    """What a system answered: frames, or arrays, by name, and the seconds of its fit and of each answer."""

    frames: Mapping[str, Any]
    seconds: Mapping[str, float]


class Clock:
    """Seconds by name: ``clock("fit")`` is the time since the last call."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.last = time.perf_counter()

    def __call__(self, name: str) -> None:
        now = time.perf_counter()
        self.seconds[name], self.last = now - self.last, now


class Opponents:
    """Systems that an interpreter of their own has, run by ``opponents/tables_systems.py``."""

    script = Path(__file__).with_name("opponents") / "tables_systems.py"

    def __init__(self, python: str | None, threads: int) -> None:
        self.python, self.threads = python, threads

    @cached_property
    def there(self) -> dict[str, str]:
        """System -> version of its package, of those that are installed."""
        if self.python is None:
            return {}
        done = subprocess.run([self.python, str(self.script)], check=True, stdout=subprocess.PIPE, text=True)
        found: dict[str, str] = json.loads(done.stdout)
        return found

    def write(self, folder: Path, key: str, frame: Any) -> None:
        """Write what the system is given under a name."""
        frame.reset_index(drop=True).to_parquet(folder / f"{key}.in.parquet")

    def read(self, folder: Path) -> dict[str, Any]:
        """What it answered, by name."""
        return {path.name.split(".")[0]: pd.read_parquet(path) for path in folder.glob("*.out.parquet")}

    def run(self, system: str, task: str, frames: Mapping[str, Any], **plan: Any) -> Answer:
        """The answer of one; ``frames`` are written for it, ``plan`` are its options."""
        if system not in self.there:
            raise NotInstalledError(system)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for key, frame in frames.items():
                self.write(folder, key, frame)
            (folder / "plan.json").write_text(json.dumps({"system": system, "task": task, **plan}))
            threads = {f"{name}_NUM_THREADS": str(self.threads) for name in ("OMP", "MKL", "OPENBLAS")}
            with (folder / "log").open("w") as log:
                command = [str(self.python), str(self.script), str(folder)]
                how = {"stdout": log, "stderr": subprocess.STDOUT, "env": os.environ | threads, "cwd": folder}
                if subprocess.run(command, check=False, **how).returncode:
                    lines = (folder / "log").read_text().strip().splitlines() or [""]
                    raise OpponentError(f"{system}: {lines[-1][:300]}")
            return Answer(self.read(folder), json.loads((folder / "seconds.json").read_text()))


class NotInstalledError(Exception):
    """An opponent that the other interpreter lacks."""


class OpponentError(Exception):
    """An opponent that failed on these rows."""


class Cache:
    """Figures by the name of the case, in a JSON file: the opponents', or ours of a run that is to go on."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.known: dict[str, Any] = json.loads(path.read_text()) if path and path.exists() else {}

    def of(self, case: str, measure: Callable[[], Any]) -> Any:
        """The figures of ``case``: those stored, or measured now."""
        if case not in self.known:
            self.known[case] = measure()
            if self.path is not None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                draft = self.path.with_name(f"{self.path.name}.{os.getpid()}")
                draft.write_text(json.dumps(self.known, indent=0))
                draft.replace(self.path)
        return self.known[case]


def beside(args: argparse.Namespace, case: str, systems: Mapping[str, Callable[[], Figures]]) -> dict[str, Figures]:
    """The opponents' figures in one case, from the cache where it has them; what is missing or fails is said."""
    found = {}
    for system, measure in systems.items():
        if args.systems is not None and system not in args.systems.split(","):
            continue
        try:
            found[system] = args.cached.of(f"{case}.{system}", measure)
        except NotInstalledError:
            print(f"{system}: not installed", file=sys.stderr)
        except OpponentError as error:
            print(f"{case}: {error}", file=sys.stderr)
    return found


def summary(results: Iterable[tuple[tuple[str, ...], dict[str, Figures]]], by: str) -> Figures:
    """Means by group and system; the results are pairs of a case's groups and every system's figures in it.

    ``rank`` is a system's place by the figure ``by``, in which more is better.
    """
    parts: dict[str, dict[str, list[float]]] = {}
    for groups, found in results:
        ranks = rankdata([-figures[by] for figures in found.values()])
        for rank, (system, figures) in zip(ranks, found.items(), strict=True):
            for group in groups:
                for key, value in {**figures, "rank": float(rank)}.items():
                    parts.setdefault(f"{group}.{system}", {}).setdefault(key, []).append(value)
    return {f"{row}.{key}": float(np.mean(values)) for row, keys in parts.items() for key, values in keys.items()}


def print_group(figures: Figures, group: str, columns: tuple[str, ...]) -> None:
    """One group's table: a line for each system."""
    systems = dict.fromkeys(name.split(".")[-2] for name in figures if name.rpartition(".")[0].startswith(f"{group}."))
    rows = [(s, *(f"{figures.get(f'{group}.{s}.{c}', float('nan')):.4g}" for c in columns)) for s in systems]
    table(group, rows, ("system", *columns))


def table_options(description: str) -> argparse.ArgumentParser:
    """Options that the benchmarks on tables share."""
    parser = options(description)
    parser.add_argument(
        "--opponents",
        metavar="PYTHON",
        default=os.environ.get("QUINTET_OPPONENTS"),
        help="an interpreter that has the opponents' packages; default: the variable QUINTET_OPPONENTS",
    )
    parser.add_argument("--systems", help="some of the systems, by name; ours always run")
    parser.add_argument("--ours", action="append", metavar="NAME=JSON", help="arguments of VAE; repeatable; '': none")
    parser.add_argument("--cache", type=Path, metavar="FILE", help="JSON file that keeps the opponents' figures")
    parser.add_argument("--go-on", type=Path, metavar="FILE", help="JSON file that keeps ours too: a cut run goes on")
    parser.add_argument("--threads", type=int, default=2)
    return parser


def parsed(parser: argparse.ArgumentParser, default: Mapping[str, dict[str, Any]]) -> argparse.Namespace:
    """The options, with the opponents, the caches, and ``kinds``: arguments of ``VAE`` by the name of our system."""
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    args.elsewhere, args.cached, args.kinds = Opponents(args.opponents, args.threads), Cache(args.cache), dict(default)
    args.kept = Cache(args.go_on)
    if args.ours is not None:
        given = [text.partition("=") for text in args.ours if text]
        args.kinds = {name: json.loads(options or "{}") for name, _, options in given}
    return args
