"""Shared parts of the benchmarks on tables: data, encodings, opponents in their own interpreter, cached figures."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from common import Array, data_folder, options
from sklearn import datasets

REGRESSION = ("concrete", "energy", "power_plant", "wine_quality_red", "yacht")
BUNDLED = ("wine", "diabetes", "breast_cancer")
INCOME = "wage_class"
Figures = dict[str, float]


def numeric_tables() -> dict[str, Callable[[], pd.DataFrame]]:
    """The regression tables of the data folder, and scikit-learn's; of those with classes the measurements alone."""

    def stored(name: str) -> Callable[[], pd.DataFrame]:
        return lambda: pd.read_csv(data_folder() / "tables" / f"{name}.csv").astype(float)

    def bundled(name: str) -> Callable[[], pd.DataFrame]:
        found = getattr(datasets, f"load_{name}")(as_frame=True)
        return lambda: (found.frame if name == "diabetes" else found.data).astype(float)

    return {name: stored(name) for name in REGRESSION} | {name: bundled(name) for name in BUNDLED}


def adult(part: str) -> pd.DataFrame:
    """Adult's census rows, ``part`` "train" or "test": 6 numeric and 9 categorical columns."""
    return pd.read_csv(data_folder() / "tables" / f"adult_{part}.csv.gz")


def is_level(frame: pd.DataFrame) -> Array:
    """(columns,) bool: columns that are no numbers."""
    return np.array([not pd.api.types.is_numeric_dtype(dtype) for dtype in frame.dtypes])


class Encoding:
    """Numbers standardised by a training frame's observed cells; levels as codes, or one indicator each."""

    def __init__(self, train: pd.DataFrame, *, one_hot: bool = True) -> None:
        self.names = list(train.columns)
        self.levels = {name: sorted(train[name].dropna().unique()) for name in train.columns[is_level(train)]}
        numbers = train.drop(columns=list(self.levels))
        self.loc, self.scale = numbers.mean(), numbers.std(ddof=0).replace(0.0, 1.0).fillna(1.0)
        self.one_hot = one_hot

    def encode(self, frame: pd.DataFrame) -> Array:
        """(n, cells) float64, NaN where missing; a level that training lacks is missing too."""
        parts = []
        for name in self.names:
            if name not in self.levels:
                parts.append(((frame[name] - self.loc[name]) / self.scale[name]).to_numpy(float)[:, None])
                continue
            code = self.codes(frame, name)
            hot = np.where(code[:, None] < 0, np.nan, code[:, None] == np.arange(len(self.levels[name])))
            parts.append(hot if self.one_hot else np.where(code < 0, np.nan, code)[:, None])
        return np.concatenate(parts, 1)

    def codes(self, frame: pd.DataFrame, name: str) -> Array:
        """(n,) codes of a column's levels, −1 for missing and unknown ones."""
        return pd.Categorical(frame[name], categories=self.levels[name]).codes.astype(int)

    def decode(self, cells: Array) -> pd.DataFrame:
        """A frame of the user's units; of indicators the largest decides."""
        found, at = {}, 0
        for name in self.names:
            width = len(self.levels[name]) if self.one_hot and name in self.levels else 1
            part, at = cells[:, at : at + width], at + width
            if name not in self.levels:
                found[name] = part[:, 0] * self.scale[name] + self.loc[name]
            else:
                code = part.argmax(1) if self.one_hot else part[:, 0].round().astype(int)
                found[name] = np.array(self.levels[name], dtype=object)[np.clip(code, 0, len(self.levels[name]) - 1)]
        return pd.DataFrame(found)


class Answer(NamedTuple):
    """What a system answered: frames by name, and the seconds of its fit and of each answer."""

    frames: Mapping[str, pd.DataFrame]
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

    def run(self, system: str, task: str, frames: Mapping[str, pd.DataFrame], **plan: Any) -> Answer:
        """The answer of one; ``frames`` are written for it, ``plan`` are its options."""
        if system not in self.there:
            raise NotInstalledError(system)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for key, frame in frames.items():
                frame.reset_index(drop=True).to_parquet(folder / f"{key}.in.parquet")
            (folder / "plan.json").write_text(json.dumps({"system": system, "task": task, **plan}))
            threads = {f"{name}_NUM_THREADS": str(self.threads) for name in ("OMP", "MKL", "OPENBLAS")}
            with (folder / "log").open("w") as log:
                command = [str(self.python), str(self.script), str(folder)]
                how = {"stdout": log, "stderr": subprocess.STDOUT, "env": os.environ | threads, "cwd": folder}
                if subprocess.run(command, check=False, **how).returncode:
                    lines = (folder / "log").read_text().strip().splitlines() or [""]
                    raise OpponentError(f"{system}: {lines[-1][:300]}")
            answers = {path.name.split(".")[0]: pd.read_parquet(path) for path in folder.glob("*.out.parquet")}
            return Answer(answers, json.loads((folder / "seconds.json").read_text()))


class NotInstalledError(Exception):
    """An opponent that the other interpreter lacks."""


class OpponentError(Exception):
    """An opponent that failed on these rows."""


class Cache:
    """Figures of the opponents by the name of the case, in a JSON file, so that ours can be run alone beside them."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.known: dict[str, Figures] = json.loads(path.read_text()) if path and path.exists() else {}

    def of(self, case: str, measure: Callable[[], Figures]) -> Figures:
        """The figures of ``case``: those stored, or measured now."""
        if case not in self.known:
            self.known[case] = measure()
            if self.path is not None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                draft = self.path.with_name(f"{self.path.name}.{os.getpid()}")
                draft.write_text(json.dumps(self.known, indent=0))
                draft.replace(self.path)
        return self.known[case]


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
    parser.add_argument(
        "--ours", action="append", metavar="NAME=JSON", help="arguments of VAE under a name; repeatable"
    )
    parser.add_argument("--cache", type=Path, metavar="FILE", help="JSON file that keeps the opponents' figures")
    parser.add_argument("--threads", type=int, default=2)
    return parser


def ours(args: argparse.Namespace, default: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Arguments of ``VAE`` by the name of our system."""
    if not args.ours:
        return dict(default)
    return {name: json.loads(text or "{}") for name, _, text in (given.partition("=") for given in args.ours)}
