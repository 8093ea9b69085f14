"""The section on forecasts: futures that are known, from several origins, beside the season before."""

from __future__ import annotations

import numpy as np

from quintet.estimators._series.filling import fill_with_bands
from quintet.report.figures import series_answers
from quintet.report.figures.series_answers import Answered
from quintet.report.page import Answer, Panel, Section, TextTable
from quintet.report.sections.series.impute import SHOWN, straight
from quintet.report.series_material import Array, SeriesMaterial, Stretch

LEVELS = (0.1, 0.9)
ORIGINS = 12
"""Most origins of forecasts."""


def forecasting(m: SeriesMaterial) -> tuple[Section, Answer] | Section:
    """Forecasts of steps that are known, each from the window before it."""
    window, period = m.known.window, m.known.period
    ahead = max(2, min(window // 4, 2 * (period or window)))
    least = min(window, max(map(len, (each.cells for each in m.stretches))) - ahead)
    origins = _origins(m, least, ahead)
    if not origins or least < 2:
        note = "The series are too short for a forecast of known steps."
        return Section("forecast", "Forecast", notes=[note])
    past = [np.concatenate([s.cells[at - least : at], np.full((ahead, s.cells.shape[1]), np.nan)]) for s, at in origins]
    wanted = [np.arange(len(each))[:, None] >= least + np.zeros(each.shape, int) for each in past]
    found = fill_with_bands(m.vae, past, window, LEVELS, 0, wanted=wanted, seed=m.seed)
    truth = [s.cells[at : at + ahead] for s, at in origins]
    mean = [each[-ahead:] for each in found.mean]
    bands = [each[:, -ahead:] for each in found.bands]
    base = [seasonal(each[:least], ahead, period) for each in past]
    all_cells = [np.ones(each.shape, bool) for each in truth]
    ours, theirs = (m.errors(truth, each, all_cells) for each in (mean, base))
    inside = float(
        np.concatenate([((t >= b[0]) & (t <= b[1]))[~np.isnan(t)] for t, b in zip(truth, bands, strict=True)]).mean()
    )
    other = "last value" if period is None or period > least else "season before"
    table = TextTable(
        "In figures",
        ("forecast", "quintet", other, "steps in the 80 % band"),
        [(f"{ahead} steps", f"{ours:.3f}", f"{theirs:.3f}", f"{inside:.0%}")],
        f"Mean absolute error in standard deviations of a channel, from {len(origins)} "
        f"origin{'' if len(origins) == 1 else 's'} in {m.which} steps.",
    )
    section = Section(
        "forecast",
        "Forecast",
        f"The {ahead} steps behind an origin were hidden, and forecast from the {least} steps before it. The forecast "
        "of what really lies ahead is at the end of the first chart of this page.",
        [_panel(m, origins[0], least, ahead, mean[0], bands[0]), table],
    )
    return section, Answer("Forecast", f"{ahead} steps ahead", f"{ours:.3f} sd", f"{other} {theirs:.3f}")


def _origins(m: SeriesMaterial, least: int, ahead: int) -> list[tuple[Stretch, int]]:
    """Stretches and the first step of each forecast."""
    found = [
        (each, at)
        for each in m.stretches
        for at in range(least, len(each.cells) - ahead + 1, ahead)
        if not np.isnan(each.cells[at - least : at]).all() and not np.isnan(each.cells[at : at + ahead]).all()
    ]
    most = ORIGINS // 3 if m.quick else ORIGINS
    return [found[i] for i in np.unique(np.linspace(0, len(found) - 1, most).round().astype(int))] if found else []


def seasonal(past: Array, ahead: int, period: int | None) -> Array:
    """The last season again and again, (ahead, channels); the last value without one."""
    whole = straight(past)
    cycle = whole[-period:] if period is not None and period <= len(past) else whole[-1:]
    return np.asarray(np.tile(cycle, (-(-ahead // len(cycle)), 1))[:ahead])


def _panel(m: SeriesMaterial, origin: tuple[Stretch, int], least: int, ahead: int, mean: Array, bands: Array) -> Panel:
    """One forecast beside the true steps."""
    stretch, at = origin
    start = max(0, at - min(least, 2 * ahead))
    some = slice(start, at + ahead)
    count, past = at + ahead - start, at - start
    plots = []
    for j in range(min(SHOWN, len(m.channels))):
        truth = stretch.cells[some, j]

        def behind(values: Array, last: float) -> Array:
            out = np.full(count, np.nan)
            out[past:], out[past - 1] = values, last  # the fan begins at the last known step
            return out

        last = float(truth[past - 1])
        seen = np.where(np.arange(count) < past, truth, np.nan)
        later = behind(truth[past:], last)
        low, high, answer = (behind(each[:, j], last) for each in (*bands, mean))
        plots.append(Answered(m.channels[j], stretch.times[some], seen, later, answer, low, high))
    return Panel(
        "forecast",
        series_answers.answered(plots, "forecast", "true steps", "80 % band", m.palette),
        "A forecast and the true steps",
        "The fan should widen with the distance, and hold four steps of five.",
        wide=True,
        alt=f"Observed steps of {len(plots)} channel(s), the forecast of the {ahead} steps behind with a band of 80 %, "
        "and the true steps.",
    )
