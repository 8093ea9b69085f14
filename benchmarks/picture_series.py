"""Figure of docs/series.md: New York's taxi trips with alarms, two gaps that are filled, and a forecast.

The metric nyc_taxi of the Numenta Anomaly Benchmark. The model trains on all but the last four days for a minute.

python benchmarks/picture_series.py --out docs/images/series.png
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from common import data_folder
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from quintet import Series
from quintet.report.figures.canvas import STYLE
from quintet.report.figures.palettes import INK, MUTED, get_palette

FUTURE = 4 * 48
"""Half hours that are forecast."""
GAPS = ((120, 152), (290, 300))
"""Half hours of the second panel that are hidden."""
COLOURS = get_palette()


def main() -> None:
    """Train, ask, draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/images/series.png"))
    parser.add_argument("--minutes", type=float, default=1.0)
    args = parser.parse_args()
    taxi = pd.read_csv(data_folder() / "series" / "nab_nyc_taxi.csv.gz", parse_dates=["timestamp"])
    past, future = taxi[:-FUTURE], taxi[-FUTURE:]
    model = Series(max_minutes=args.minutes, verbose=False).fit(past)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.6, 6.6), layout="constrained")
        FigureCanvasAgg(figure)
        alarms, gaps, ahead = figure.subplots(3, 1)
        draw_alarms(alarms, model, past)
        draw_gaps(gaps, model, past[:480])
        draw_forecast(ahead, model, past, future)
        for panel in (alarms, gaps, ahead):
            panel.spines[["top", "right"]].set_visible(False)
            panel.set_ylabel("trips")
            panel.set_ylim(top=36_000)
        figure.savefig(args.out, dpi=120)


def draw_alarms(panel: Axes, model: Series, past: pd.DataFrame) -> None:
    """The weeks around Christmas, and the steps that are called at one percent."""
    some = (past["timestamp"] >= "2014-12-15") & (past["timestamp"] < "2015-01-12")
    called = np.asarray(model.detect(past).is_anomaly)[some.to_numpy()]
    part = past[some]
    panel.plot(part["timestamp"], part["value"], color=MUTED, linewidth=1)
    strange = part["value"].where(called)
    panel.plot(
        part["timestamp"], strange, color=COLOURS.strange, linewidth=2.4, label="called strange, at 1 % false alarms"
    )
    _titled(panel, "detect")


def draw_gaps(panel: Axes, model: Series, part: pd.DataFrame) -> None:
    """Ten days, two gaps of which are hidden, the fills and their bands."""
    holed = part.copy()
    holed["value"] = holed["value"].astype(float)
    for low, high in GAPS:
        holed.loc[holed.index[low:high], "value"] = np.nan
    full, low, high = model.impute(holed, interval=0.9)
    panel.plot(part["timestamp"], part["value"], color=MUTED, linewidth=1, linestyle=":", label="hidden")
    panel.plot(holed["timestamp"], holed["value"], color=INK, linewidth=1)
    for number, (first, last) in enumerate(GAPS):
        at = slice(first - 1, last + 1)
        _band(panel, part["timestamp"][at], *(frame["value"][at] for frame in (full, low, high)), not number)
    _titled(panel, "impute")


def draw_forecast(panel: Axes, model: Series, past: pd.DataFrame, future: pd.DataFrame) -> None:
    """The last week, and the four days after it."""
    found: Any = model.forecast(past, FUTURE, quantiles=(0.05, 0.95))
    panel.plot(past["timestamp"][-336:], past["value"][-336:], color=INK, linewidth=1)
    panel.plot(future["timestamp"], future["value"], color=MUTED, linewidth=1, linestyle=":", label="the days after")
    low, high = (np.asarray(each)[:, 0] for each in found.quantiles)
    _band(panel, future["timestamp"], np.asarray(found.mean)[:, 0], low, high, named=True)
    _titled(panel, "forecast")


def _band(panel: Axes, times: Any, mean: Any, low: Any, high: Any, named: bool) -> None:
    panel.fill_between(
        times, low, high, color=COLOURS.label(0), alpha=0.25, linewidth=0, label="90 %" if named else None
    )
    panel.plot(times, mean, color=COLOURS.label(0), linewidth=1.6, label="mean" if named else None)


def _titled(panel: Axes, title: str) -> None:
    panel.set_title(title, loc="left", fontsize=10)
    panel.legend(loc="upper right", fontsize=8, frameon=False, ncols=3)


if __name__ == "__main__":
    main()
