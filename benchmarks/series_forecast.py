"""Forecasts of hourly series, 24 and 96 steps ahead: ours beside five systems, from the same origins.

ETTh1 (each of its seven channels) and six metrics of NAB as means of each hour, gaps interpolated and not asked.
Origins roll every 199 hours (NAB 29) through the last fifth; a metric whose last fifth is shorter than the horizon is
left out. Models that are trained (ours, gradient boosting) see the first four fifths, once; every system then sees the
last 672 hours before an origin, ours of all channels. statsforecast's models are fitted to those 672 hours at each
origin, with a season of 24; ARIMA's orders are searched at a series' first origin and its coefficients fitted at each.
Opponents' forecasts of 24 steps are the first of their 96. ``wql``: weighted quantile loss at .1 to .9, 2 Σ pinball /
Σ |y|, the mean over quantiles and series; ``mase``: absolute error of the median over that of the day before, in the
first four fifths; ``skill``: 1 − the geometric mean over series of the loss over that of the seasonal naive forecast;
``covered``: share of steps between the quantiles .1 and .9.

    python benchmarks/series_forecast.py --opponents PYTHON --cache forecast.json --json series_forecast.json
    python benchmarks/series_forecast.py --cache forecast.json --go-on ours.json --sets etth1 --horizons 24
"""

from __future__ import annotations

import argparse
import json
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from common import write_json
from series_common import case_figures, flat, parsed, series_options
from series_origins import HISTORY, HORIZONS, QUANTILES, Case, arrays_of, cases, losses
from series_ours import fitted, forecasts
from tables_common import Figures, print_group

STRIDES = {"etth1": 199, "nab": 29}
"""Hours from one origin to the next."""
KINDS: dict[str, dict[str, Any]] = {"ours": {}}
OPPONENTS = ("seasonal_naive", "auto_ets", "theta", "boosted_lags", "auto_arima")
SHOWN = ("wql", "skill", "mase", "covered", "fit_seconds", "forecasts_per_s")


def elsewhere(system: str, group: str, horizon: int, args: argparse.Namespace) -> dict[str, Any]:
    """An opponent's figures by series; the first steps of its longest forecasts are its shorter ones."""
    case = f"{'quick.' * args.quick}{group}.{args.seed}.all.{system}"
    whole = args.cached.of(case, partial(all_horizons, system, cases(group, HORIZONS[0], args.stride), args))
    figures = {key.partition("|")[2]: value for key, value in whole.items() if key.startswith(f"{horizon}|")}
    return figures | {key: value for key, value in whole.items() if "|" not in key}


def all_horizons(system: str, found: list[Case], args: argparse.Namespace) -> dict[str, Any]:
    """Figures named HORIZON|SERIES.FIGURE; a run for the series that have room for each horizon."""
    figures: dict[str, Any] = {}
    fit, spent, count = 0.0, 0.0, 0
    for room in HORIZONS:
        part = [case for case in found if case.room == room]
        if not part:
            continue
        arrays = arrays_of(part, found)
        plan = {"horizon": room, "quantiles": QUANTILES, "seed": args.seed, "origins": 500 if args.quick else 8000}
        answer = args.elsewhere.run(system, "forecast", arrays, **plan)
        row = 0
        for case in part:
            size = len(case.names) * len(case.origins)
            quantiles = answer.frames["quantiles"][:, row : row + size]
            quantiles = quantiles.reshape(len(QUANTILES), len(case.names), len(case.origins), room)
            for horizon in (steps for steps in HORIZONS if steps <= room):
                own = losses(case, np.moveaxis(quantiles[..., :horizon], 1, -1), horizon)
                figures |= {f"{horizon}|{n}.{key}": value for n, f in own.items() for key, value in f.items()}
            row += size
        fit += answer.seconds.get("fit", 0.0)
        spent, count = spent + answer.seconds["forecast"], count + row
    return figures | {"fit_seconds": fit, "forecasts_per_s": count / spent}


def finished(figures: dict[str, Figures], fit_seconds: float, rate: float) -> dict[str, Any]:
    """Figures named SERIES.FIGURE, with the speed."""
    found = {f"{name}.{key}": value for name, part in figures.items() for key, value in part.items()}
    return found | {"fit_seconds": fit_seconds, "forecasts_per_s": rate}


def by_ours(options: dict[str, Any], found: list[Case], horizon: int, args: argparse.Namespace) -> dict[str, Any]:
    """Ours, one fit for the series on one clock and all horizons."""
    figures: dict[str, Figures] = {}
    hour, fit, spent, count = pd.Timedelta(hours=1), 0.0, 0.0, 0
    for case in found:
        key = json.dumps([case.names, options])
        if key not in args.fitted:
            args.fitted[key] = fitted(options, case.training(), hour, case.start, args.seed)
        series, seconds = args.fitted[key]
        histories = [case.history(origin) for origin in case.origins]
        starts = [case.start + (origin - HISTORY) * hour for origin in case.origins]
        quantiles, answered = forecasts(series, histories, starts, horizon, QUANTILES)
        figures |= losses(case, quantiles, horizon)
        fit, spent, count = fit + seconds, spent + answered, count + len(histories) * len(case.names)
    return finished(figures, fit, count / spent)


def summed(found: dict[str, Figures]) -> dict[str, Figures]:
    """Means over series, and the skill over the seasonal naive forecast."""
    figures = {}
    for system, row in found.items():
        names = [key.removesuffix(".wql") for key in row if key.endswith(".wql")]
        mean = {key: float(np.mean([row[f"{name}.{key}"] for name in names])) for key in ("wql", "mase", "covered")}
        if naive := found.get("seasonal_naive"):
            ratios = [row[f"{name}.wql"] / naive[f"{name}.wql"] for name in names]
            mean["skill"] = 1 - float(np.exp(np.mean(np.log(ratios))))
        figures[system] = mean | {key: row[key] for key in ("fit_seconds", "forecasts_per_s")}
    return figures


def main() -> None:
    """Run each set and horizon; print the means."""
    parser = series_options(__doc__ or "")
    parser.add_argument("--sets", default="etth1,nab", help="of etth1 and nab")
    parser.add_argument("--horizons", default="24,96", help="steps ahead")
    args = parsed(parser, KINDS)
    args.fitted = {}
    figures: Figures = {}
    for group in ("nab",) if args.quick else args.sets.split(","):
        args.stride = STRIDES[group] * (10 if args.quick else 1)
        for horizon in (24,) if args.quick else map(int, args.horizons.split(",")):
            found = cases(group, horizon, args.stride)
            systems = {name: partial(elsewhere, name, group, horizon, args) for name in OPPONENTS}
            ours = partial(by_ours, found=found, horizon=horizon, args=args)
            rows = case_figures(args, f"{group}.{horizon}.{args.seed}", systems, ours, "forecasts_per_s")
            figures |= flat(f"{group}.{horizon}", summed(rows))
            for system, row in rows.items():
                for name in (key.removesuffix(".wql") for key in row if key.endswith(".wql")):
                    figures[f"wql.{group}.{horizon}.{name}.{system}"] = row[f"{name}.wql"]
            print_group(figures, f"{group}.{horizon}", SHOWN)
    write_json(args.json, figures, args.seed)


if __name__ == "__main__":
    main()
