"""The section with the interactive chart: all steps, alarms, filled gaps and the forecast."""

from __future__ import annotations

from typing import Any

import numpy as np

from quintet.data.sequences.series.time_axis import TimeAxis
from quintet.estimators._series.filling import fill_with_bands
from quintet.report.page import Chart, Section
from quintet.report.series_material import Array, SeriesMaterial

MOST_STEPS, MOST_SERIES = 20_000, 30
"""Steps and series that the chart holds; of longer series the last steps."""
MILLISECONDS = {"ns": 1e-6, "us": 1e-3, "ms": 1.0, "s": 1e3, "D": 86_400e3}
LEVELS = (0.05, 0.95)


def showing(m: SeriesMaterial) -> Section:
    """The series with all answers over time."""
    shown = min(len(m.values), MOST_SERIES)
    most = MOST_STEPS // shown // max(1, len(m.known.modelled))
    parts = [_one(m, number, max(most, m.known.window)) for number in range(shown)]
    data = {"axis": _axis(m.data.axis), "channels": m.channels, "level": m.detections.false_alarms, "series": parts}
    less = []
    if shown < len(m.values):
        less.append(f"the first {shown} of {len(m.values):,} series")
    if any(part["first"] for part in parts):
        less.append(f"the last {len(parts[0]['p']):,} of {len(m.values[0]):,} steps")
    only = f" It holds {' and '.join(less)}." if less else ""
    gaps = sum(len(part["gaps"]) for part in parts)
    words = (
        "Drag to zoom, or use the buttons, two fingers, or Ctrl and the wheel; point at a step for its values. With "
        "the keyboard: arrows move, + and − zoom, n and p go to the next and the previous alarm, Home and End to the "
        "ends. The lower strip has the p-values on a logarithmic scale; alarms are marked in both." + only
    )
    chart = Chart(
        "whole-series",
        "The series, its alarms and what lies ahead",
        data,
        words,
        alt=f"Interactive chart of {', '.join(m.channels)} with {len(m.detections.alarms)} alarms, "
        f"{gaps} filled gap(s) and a forecast behind the end.",
    )
    lead = "All steps with p-values and alarms, gaps filled with bands of 90 %, and a forecast behind the end."
    return Section("series", "The series", lead, [chart])


def _axis(axis: TimeAxis) -> dict[str, Any]:
    return {"kind": "step" if axis.kind == "step" else "number" if axis.kind == "number" else "date"}


def _one(m: SeriesMaterial, number: int, most: int) -> dict[str, Any]:
    """One series for the browser: values, times, p-values, alarms, filled gaps and the forecast."""
    values, found = m.values[number], m.detections
    first, window = max(0, len(values) - most), m.known.window
    ahead = max(2, window // 4)
    asked = np.concatenate([values[first:], np.full((ahead, values.shape[1]), np.nan)])
    filled = fill_with_bands(m.vae, [asked], window, LEVELS, 0, seed=m.seed)
    mean, bands = filled.mean[0], filled.bands[0]
    steps = len(values) - first
    holes = np.isnan(asked)
    p = found.p_values[number] if found.many else found.p_values
    start = m.data.series[number].start
    return {
        "name": m.name(number),
        "first": first,
        "times": _times(m.data.axis, start, first, steps + ahead),
        "values": [_numbers(values[first:, j]) for j in range(values.shape[1])],
        "p": _numbers(np.asarray(p)[first:], 3),
        "gaps": [
            {"channel": j, "start": low, **{k: _numbers(v[low:high, j]) for k, v in _named(mean, bands).items()}}
            for j in range(values.shape[1])
            for low, high in _runs(holes[:, j])
        ],
        "alarms": [
            {
                "start": alarm.start - first,
                "stop": alarm.stop - first,
                "p": float(f"{alarm.p_value:.3g}"),
                "stretch": float(f"{alarm.stretch_p_value:.3g}"),
                "channel": alarm.channel,
            }
            for alarm in sorted(found.alarms, key=lambda alarm: alarm.start)
            if alarm.series == number and alarm.stop > first
        ],
    }


def _named(mean: Array, bands: Array) -> dict[str, Array]:
    return {"mean": mean, "low": bands[0], "high": bands[1]}


def _runs(holes: Array) -> list[tuple[int, int]]:
    from quintet.data.sequences.series.gaps import runs

    return [(int(low), int(high)) for low, high in runs(holes)]


def _times(axis: TimeAxis, start: Any, first: int, count: int) -> Any:
    """Time stamps in milliseconds since 1970, or numbers: the first one and the step, or a list of months."""
    begin = start + first * axis.step
    if axis.kind == "month":
        return axis.stamps(begin, count).astype("M8[ms]").astype(np.int64).tolist()
    unit = MILLISECONDS[axis.unit or "ms"] if axis.kind == "datetime" else 1
    return {"from": float(begin * unit), "step": float(axis.step * unit)}


def _numbers(values: Array, digits: int = 5) -> list[float | int | None]:
    """Numbers of few digits, None for NaN."""
    out = list[float | int | None]()
    for value in values.tolist():
        short = None if value != value else float(f"{value:.{digits}g}")
        out.append(int(short) if short is not None and short == int(short) and abs(short) < 1e15 else short)
    return out
