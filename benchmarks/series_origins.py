"""Hourly series to forecast: where they are cut, from which origins they are asked, and the loss of an answer."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from common import Array
from series_data import filled, hourly, nab, transformer
from tables_common import Figures

HORIZONS = (24, 96)
QUANTILES = tuple(round(0.1 * level, 1) for level in range(1, 10))
HISTORY, SEASON = 672, 24


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

    @property
    def room(self) -> int:
        """The longest horizon that fits behind every origin."""
        return max(horizon for horizon in HORIZONS if self.origins[-1] + horizon <= len(self.values))


def one(frame: pd.DataFrame, horizon: int, stride: int) -> Case | None:
    """The case of series on one clock; None where the last fifth holds no horizon.

    Origins leave room for the longest horizon if any do, so that both horizons are asked from the same ones.
    """
    cut = round(0.8 * len(frame))
    every = [list(range(cut, len(frame) - steps + 1, stride)) for steps in HORIZONS[::-1] if steps >= horizon]
    origins = next((found for found in every if found), None)
    if origins is None:
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


def arrays_of(found: list[Case], every: list[Case]) -> dict[str, Array]:
    """What an opponent gets: history, series and hour of the week of each forecast, and the hours to train on.

    The latter are of ``every`` series of the set, with the hour of the week of their first.
    """
    names = [name for case in every for name in case.names]
    training = np.full((len(names), max(case.cut for case in every)), np.nan)
    first_hour = [case.start.day_of_week * 24 + case.start.hour for case in every for _ in case.names]
    for case in every:
        first = names.index(case.names[0])
        training[first : first + len(case.names), : case.cut] = case.training().T
    histories, owners, hours = [], [], []
    for case in found:
        for row, name in enumerate(case.names):
            owner = names.index(name)
            for origin in case.origins:
                histories.append(case.history(origin)[:, row])
                owners.append(owner)
                hours.append(first_hour[owner] + origin)
    return {
        "histories": np.stack(histories),
        "series": np.array(owners),
        "hours": np.array(hours),
        "training": training,
        "first_hour": np.array(first_hour),
    }
