"""Whether the calendar helps: forecasts and gaps with it and without it, within the first three fifths of two series.

ETTh1 (seven hourly channels) and New York's taxi trips as hourly means. A model trains on the first 48 % of the hours,
and is asked about the next 12 %; later hours are not read, so that settings may be chosen here. ``wql``: weighted
quantile loss at .1 to .9 of 24 and 96 hours from origins that roll through the asked hours; ``gap``: mean absolute
error of gaps of 12 to 48 hours of all channels, in standard deviations of training; ``covered``: share of steps between
the quantiles .1 and .9. Both kinds train for the same number of epochs.

    python benchmarks/series_calendar.py --json series_calendar.json
    python benchmarks/series_calendar.py --sets taxi --ours 'with={"calendar": "auto", "epochs": 60}'
"""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from common import Array, write_json
from series_common import parsed, series_options
from series_data import filled, hourly, nab, transformer
from series_origins import QUANTILES, Case, losses
from series_ours import fitted, forecasts, framed, plain
from tables_common import Figures, print_group

KINDS: dict[str, dict[str, Any]] = {"with": {"calendar": "auto"}, "without": {"calendar": None}}
CUT, END = 0.48, 0.60
STRIDES = {"etth1": 49, "taxi": 7}
"""Hours from one origin to the next."""
HOUR = pd.Timedelta(hours=1)
SHOWN = ("wql_24", "covered_24", "wql_96", "covered_96", "gap", "fit_seconds")


def case_of(name: str, quick: bool) -> Case:
    """The first three fifths of a series, cut where the asked hours begin."""
    frame = transformer() if name == "etth1" else hourly(nab()["nyc_taxi"]).to_frame("taxi")
    values = np.stack([filled(frame[each]).to_numpy(float) for each in frame], 1)
    cut, end = round(CUT * len(frame)), round(END * len(frame))
    origins = list(range(cut, end - 96 + 1, STRIDES[name] * (8 if quick else 1)))
    asked = frame.notna().to_numpy()
    return Case(list(frame), values[:end], asked[:end], frame.index[0], cut, origins)


def holed(case: Case) -> tuple[Array, Array]:
    """The asked hours with gaps (hours, channels), and where they are."""
    rng = np.random.default_rng(0)
    values = case.values[case.cut :].copy()
    hidden = np.zeros(values.shape, bool)
    first = int(rng.integers(24, 72))
    while first + (length := int(rng.integers(12, 49))) < len(values):
        hidden[first : first + length] = True
        first += length + int(rng.integers(48, 121))
    return np.where(hidden, np.nan, values), hidden


def measured(case: Case, options: dict[str, Any], seed: int) -> Figures:
    """Figures of one model."""
    series, seconds = fitted(options, case.training(), HOUR, case.start, seed)
    figures: Figures = {"fit_seconds": seconds}
    for horizon in (24, 96):
        histories = [case.history(origin) for origin in case.origins]
        starts = [case.start + (origin - len(histories[0])) * HOUR for origin in case.origins]
        quantiles, _ = forecasts(series, histories, starts, horizon, QUANTILES)
        parts = losses(case, quantiles, horizon).values()
        for key in ("wql", "covered"):
            figures[f"{key}_{horizon}"] = float(np.mean([part[key] for part in parts]))
    values, hidden = holed(case)
    answer = series.impute(framed(values, step=HOUR, start=case.start + case.cut * HOUR))
    away = np.abs(plain(answer, values.shape) - case.values[case.cut :]) / case.training().std(0)
    figures["gap"] = float(away[hidden].mean())
    return figures


def main() -> None:
    """Run each set and kind; print the figures."""
    parser = series_options(__doc__ or "")
    parser.add_argument("--sets", default="etth1,taxi", help="of etth1 and taxi")
    args = parsed(parser, KINDS)
    figures: Figures = {}
    for name in ("taxi",) if args.quick else args.sets.split(","):
        case = case_of(name, args.quick)
        for kind, options in args.kinds.items():
            shared = {"max_minutes": 0.2 if args.quick else 3}
            run = partial(measured, case, shared | options, args.seed)
            found = args.kept.of(f"{name}.{json.dumps(options)}.{args.seed}", run)
            figures |= {f"{name}.{kind}.{key}": value for key, value in found.items()}
        print_group(figures, name, SHOWN)
    write_json(args.json, figures, args.seed)


if __name__ == "__main__":
    main()
