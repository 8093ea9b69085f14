"""Forecasts of hourly series, 24 and 96 steps ahead: ours beside five systems, from the same origins.

ETTh1 (each of its seven channels) and six metrics of NAB as means of each hour, gaps interpolated and not asked.
Origins roll every 101 hours through the last fifth, so that they fall on all hours of the day; a metric whose last
fifth is shorter than the horizon is left out. Models that are trained (ours, gradient boosting) see the first four
fifths, once; every system then sees the last 672 hours before an origin, ours of all channels. statsforecast's models
are fitted to those 672 hours at each origin, with a season of 24; ARIMA's orders are searched at a series' first
origin and its coefficients fitted at each. ``wql``: weighted quantile loss at .1 to .9, 2 Σ pinball / Σ |y|, the mean
over quantiles and series; ``mase``: absolute error of the median over that of the day before, in the first four
fifths; ``skill``: 1 − the geometric mean over series of the loss over that of the seasonal naive forecast;
``covered``: share of steps between the quantiles .1 and .9.

    python benchmarks/series_forecast.py --opponents PYTHON --cache forecast.json --json series_forecast.json
    python benchmarks/series_forecast.py --cache forecast.json --go-on ours.json --sets etth1 --horizons 24
"""

from __future__ import annotations

import argparse
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from common import Array, write_json
from series_common import case_figures, flat, parsed, series_options
from series_data import filled, hourly, nab, transformer
from series_ours import forecasts
from tables_common import Figures, print_group

QUANTILES = tuple(round(0.1 * level, 1) for level in range(1, 10))
HISTORY, SEASON, STRIDE = 672, 24, 101
KINDS: dict[str, dict[str, Any]] = {"ours": {}}
OPPONENTS = ("seasonal_naive", "auto_ets", "theta", "auto_arima", "boosted_lags")
SHOWN = ("wql", "skill", "mase", "covered", "fit_seconds", "forecasts_per_s")


class Case(NamedTuple):
    """Hourly series on one clock, cut at the same hour, with the origins of each.

    ``values`` are (hours, series), filled; ``asked`` says which were measured. ``origins`` are first hours to forecast.
    """

    names: list[str]
    values: Array
    asked: Array
    start: pd.Timestamp
    cut: int
    origins: list[int]

    def training(self) -> Array:
        """The hours to train on."""
        return self.values[: self.cut]

    def history(self, origin: int) -> Array:
        """(672, series) hours before an origin; NaN before the first."""
        found = self.values[max(0, origin - HISTORY) : origin]
        return np.pad(found, ((HISTORY - len(found), 0), (0, 0)), constant_values=np.nan)


def one(frame: pd.DataFrame, horizon: int, stride: int) -> Case | None:
    """The case of series on one clock; None where the last fifth holds no horizon."""
    cut = round(0.8 * len(frame))
    origins = list(range(cut, len(frame) - horizon + 1, stride))
    if not origins:
        return None
    values = np.stack([filled(frame[name]).to_numpy(float) for name in frame], 1)
    return Case(list(frame), values, frame.notna().to_numpy(), frame.index[0], cut, origins)


def cases(group: str, horizon: int, stride: int) -> list[Case]:
    """Series of a set: ETTh1 at once, NAB's metrics each on a clock of its own."""
    alone = {name: hourly(metric).to_frame(name) for name, metric in nab().items()} if group == "nab" else {}
    frames = list(alone.values()) or [transformer()]
    return [case for frame in frames if (case := one(frame, horizon, stride)) is not None]


def losses(case: Case, found: Array, horizon: int) -> dict[str, Figures]:
    """Figures of each series; ``found`` are (quantiles, origins, horizon, series)."""
    true = np.stack([case.values[origin : origin + horizon] for origin in case.origins])
    asked = np.stack([case.asked[origin : origin + horizon] for origin in case.origins])
    levels = np.array(QUANTILES)[:, None, None, None]
    pinball = np.maximum(levels * (true - found), (levels - 1) * (true - found)) * asked
    middle = np.abs(found[QUANTILES.index(0.5)] - true) * asked
    inside = (found[0] <= true) & (true <= found[-1]) & asked
    usual = np.abs(case.training()[SEASON:] - case.training()[:-SEASON]).mean(0)
    figures = {}
    for row, name in enumerate(case.names):
        count = asked[..., row].sum()
        figures[name] = {
            "wql": float(2 * pinball[..., row].sum() / len(QUANTILES) / (np.abs(true) * asked)[..., row].sum()),
            "mase": float(middle[..., row].sum() / count / usual[row]),
            "covered": float(inside[..., row].sum() / count),
        }
    return figures


def elsewhere(system: str, found: list[Case], horizon: int, args: argparse.Namespace) -> dict[str, Any]:
    """An opponent's figures by series; one run for all."""
    histories, owners, hours = [], [], []
    longest = max(case.cut for case in found)
    training = np.full((sum(len(case.names) for case in found), longest), np.nan)
    first_hour, owner = [], 0
    for case in found:
        since = case.start.day_of_week * 24 + case.start.hour
        for row in range(len(case.names)):
            training[owner, : case.cut] = case.training()[:, row]
            first_hour.append(since)
            for origin in case.origins:
                histories.append(case.history(origin)[:, row])
                owners.append(owner)
                hours.append(since + origin)
            owner += 1
    arrays = {
        "histories": np.stack(histories),
        "series": np.array(owners),
        "hours": np.array(hours),
        "training": training,
        "first_hour": np.array(first_hour),
    }
    plan = {"horizon": horizon, "quantiles": QUANTILES, "seed": args.seed, "origins": 500 if args.quick else 8000}
    answer = args.elsewhere.run(system, "forecast", arrays, **plan)
    quantiles, figures, row = answer.frames["quantiles"], {}, 0
    for case in found:
        count = len(case.names) * len(case.origins)
        part = quantiles[:, row : row + count].reshape(len(QUANTILES), len(case.names), len(case.origins), horizon)
        figures |= losses(case, np.moveaxis(part, 1, -1), horizon)
        row += count
    return finished(figures, answer.seconds.get("fit", 0.0), len(histories) / answer.seconds["forecast"])


def finished(figures: dict[str, Figures], fit_seconds: float, rate: float) -> dict[str, Any]:
    """Figures named SERIES.FIGURE, with the speed."""
    found = {f"{name}.{key}": value for name, part in figures.items() for key, value in part.items()}
    return found | {"fit_seconds": fit_seconds, "forecasts_per_s": rate}


def by_ours(options: dict[str, Any], found: list[Case], horizon: int, args: argparse.Namespace) -> dict[str, Any]:
    """Ours, one fit for the series on one clock."""
    figures: dict[str, Figures] = {}
    seconds, count = {"fit": 0.0, "forecast": 0.0}, 0
    for case in found:
        histories = [case.history(origin) for origin in case.origins]
        starts = [case.start + pd.Timedelta(hours=origin - HISTORY) for origin in case.origins]
        clocks = (case.start, starts)
        quantiles, spent = forecasts(options, case.training(), histories, clocks, horizon, QUANTILES, args.seed)
        figures |= losses(case, quantiles, horizon)
        seconds = {name: seconds[name] + spent[name] for name in seconds}
        count += len(histories) * len(case.names)
    return finished(figures, seconds["fit"], count / seconds["forecast"])


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
    figures: Figures = {}
    for group in ("nab",) if args.quick else args.sets.split(","):
        for horizon in (24,) if args.quick else map(int, args.horizons.split(",")):
            found = cases(group, horizon, 10 * STRIDE if args.quick else STRIDE)
            systems = {name: partial(elsewhere, name, found, horizon, args) for name in OPPONENTS}
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
