"""Missing cells of series: ours beside interpolation, neighbours, chained regressions and SAITS, on the same cells.

ETTh1 (seven channels) and six metrics of NAB, each cut in time: 60 % to train, 20 % to stop early, the last 20 % with
holes; cells are in units of the spread of the first part, of NAB of the whole metric (some change level). Patterns of
the holes: ``points10`` and ``points30``, that share of the cells at random; ``gaps``, stretches of 5 to 50 steps of a
channel, about a fifth of the steps; ``channel``, of ETTh1, one channel of the seven at a time for stretches of 100 to
200 steps. ``mae`` and ``mse`` are over the hidden cells; ``covered``: share of them within our 90 % intervals;
``width``: their mean width. A system is fitted once for all patterns. Chained regressions are of several channels, so
of ETTh1 alone. SAITS (PyPOTS) has windows of 96 steps and its authors' settings for this transformer.

    python benchmarks/series_impute.py --opponents PYTHON,PYTHON_WITH_PYPOTS --cache impute.json --json impute_all.json
    python benchmarks/series_impute.py --cache impute.json --go-on ours.json --sets etth1
"""

from __future__ import annotations

import argparse
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from common import Array, write_json
from series_common import case_figures, flat, means, parsed, series_options
from series_data import nab, transformer, windows_of
from series_fillers import FILLERS
from series_ours import filled
from tables_common import Clock, Figures, print_group

KINDS: dict[str, dict[str, Any]] = {"ours": {}}
WINDOW = 96
SHOWN = ("mae", "mse", "covered", "width")


class Case(NamedTuple):
    """One series: standardised earlier and later steps, and the hidden cells by pattern."""

    train: Array
    held: Array
    asked: Array
    hidden: dict[str, Array]
    step: pd.Timedelta

    @property
    def earlier(self) -> Array:
        """All steps before those asked."""
        return np.concatenate([self.train, self.held])

    def holed(self, pattern: str) -> Array:
        """The later steps with NaN where they are hidden."""
        return np.where(self.hidden[pattern], np.nan, self.asked)


def patterns(shape: tuple[int, int], seed: int) -> dict[str, Array]:
    """(steps, channels) bool, True = hidden, by the pattern's name."""
    rng = np.random.default_rng(seed)
    found = {f"points{share}": rng.random(shape) < share / 100 for share in (10, 30)}
    gaps, channel = np.zeros(shape, bool), np.zeros(shape, bool)
    for column in range(shape[1]):
        first = int(rng.integers(5, 100))
        while first + (length := int(rng.integers(5, 51))) < shape[0]:
            gaps[first : first + length, column] = True
            first += length + int(rng.integers(20, 201))
    found["gaps"] = gaps
    if shape[1] > 1:
        first = 24
        while first < shape[0] - 100:
            length = int(rng.integers(100, 201))
            channel[first : first + length, rng.integers(shape[1])] = True
            first += length + 24
        found["channel"] = channel
    return found


def split(values: Array, unit: Array, step: pd.Timedelta, seed: int) -> Case:
    """Cut (n, channels) in time and hide cells of the last fifth; ``unit``: steps whose mean and spread are 0 and 1."""
    first, second = round(0.6 * len(values)), round(0.8 * len(values))
    loc, scale = unit.mean(0), unit.std(0)
    train, held, asked = np.split((values - loc) / np.where(scale > 0, scale, 1.0), [first, second])
    return Case(train, held, asked, patterns(asked.shape, seed), step)


def cases(seed: int) -> dict[str, Case]:
    """ETTh1 and NAB's metrics by name."""
    hours = transformer().to_numpy(float)
    found = {"etth1": split(hours, hours[: round(0.6 * len(hours))], pd.Timedelta(hours=1), seed)}
    for name, metric in nab().items():
        values, step = metric.values[:, None], pd.Series(metric.times).diff().median()
        found[name] = split(values, values, step, seed)
    return found


def judged(case: Case, answers: dict[str, dict[str, Any]], seconds: dict[str, float]) -> Figures:
    """Figures of the filled steps of each pattern, named PATTERN.FIGURE."""
    figures = {"fit_seconds": seconds["fit"], "steps_per_s": len(answers) * len(case.asked) / seconds["impute"]}
    for pattern, answer in answers.items():
        hidden = case.hidden[pattern]
        true, found = case.asked[hidden], answer["mean"][hidden]
        figures[f"{pattern}.mae"] = float(np.abs(found - true).mean())
        figures[f"{pattern}.mse"] = float(np.square(found - true).mean())
        if "low" in answer:
            low, high = answer["low"][hidden], answer["high"][hidden]
            figures[f"{pattern}.covered"] = float(((low <= true) & (true <= high)).mean())
            figures[f"{pattern}.width"] = float((high - low).mean())
    return figures


def by_saits(case: Case, args: argparse.Namespace) -> Figures:
    """SAITS, trained once; the later steps in windows one after the other, the last one ending with the series."""
    starts = [*range(0, len(case.asked) - WINDOW, WINDOW), len(case.asked) - WINDOW]
    cut = {
        pattern: np.stack([case.holed(pattern)[first : first + WINDOW] for first in starts]) for pattern in case.hidden
    }
    step = max(1, len(case.train) // 800)
    arrays = {
        "train": windows_of(case.train, WINDOW, step),
        "held": windows_of(case.held, WINDOW, WINDOW // 2),
        "test": np.concatenate(list(cut.values())),
    }
    answer = args.elsewhere.run("saits", "impute", arrays, seed=args.seed, epochs=2 if args.quick else 40)
    answers = {}
    for pattern, found in zip(cut, np.split(answer.frames["filled"], len(cut)), strict=True):
        whole = np.zeros(case.asked.shape)
        for first, window in zip(starts, found, strict=True):
            whole[first : first + WINDOW] = window
        answers[pattern] = {"mean": whole}
    return judged(case, answers, dict(answer.seconds))


def one_case(name: str, case: Case, args: argparse.Namespace) -> dict[str, Figures]:
    """Every system's figures on one series."""

    def measure(system: str) -> Figures:
        if system == "saits":
            return by_saits(case, args)
        clock, day = Clock(), round(pd.Timedelta(days=1) / case.step)
        answers = {p: {"mean": FILLERS[system](case.earlier, case.holed(p), day)} for p in case.hidden}
        clock("impute")
        return judged(case, answers, {"fit": 0.0, **clock.seconds})

    def ours(options: dict[str, Any]) -> Figures:
        holed = {pattern: case.holed(pattern) for pattern in case.hidden}
        answers, seconds = filled(options, case.earlier, holed, case.step, args.seed)
        return judged(case, answers, seconds)

    names = [name for name in [*FILLERS, "saits"] if name != "ridge_chain" or case.asked.shape[1] > 1]
    systems = {system: partial(measure, system) for system in names}
    return case_figures(args, f"{name}.{args.seed}", systems, ours, "gaps.mae")


def main() -> None:
    """Run every series; print a table for each set and pattern."""
    parser = series_options(__doc__ or "")
    parser.add_argument("--sets", help="some of the series, by name", type=lambda text: text.split(","))
    args = parsed(parser, KINDS)
    chosen = args.sets or (("rds_cpu_utilization_cc0c53",) if args.quick else None)
    found = {name: case for name, case in cases(args.seed).items() if chosen is None or name in chosen}
    results = {name: one_case(name, case, args) for name, case in found.items()}
    groups = {"etth1": [case for name, case in results.items() if name == "etth1"]}
    groups["nab"] = [case for name, case in results.items() if name != "etth1"]
    figures: Figures = {}
    for group, parts in groups.items():
        mean = means(parts)
        for pattern in dict.fromkeys(key.split(".")[0] for row in mean.values() for key in row if "." in key):
            part = {
                s: {k.split(".")[1]: v for k, v in row.items() if k.startswith(f"{pattern}.")}
                for s, row in mean.items()
            }
            figures |= flat(f"{group}.{pattern}", part)
            print_group(figures, f"{group}.{pattern}", SHOWN)
        speed = {s: {k: v for k, v in row.items() if "." not in k} for s, row in mean.items()}
        figures |= flat(f"{group}.speed", speed)
        print_group(figures, f"{group}.speed", ("fit_seconds", "steps_per_s"))
    write_json(args.json, figures, args.seed)


if __name__ == "__main__":
    main()
