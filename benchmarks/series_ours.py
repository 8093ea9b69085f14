"""Ours on series: the calls of ``quintet.Series`` that the benchmarks make, each with the seconds of its parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from common import Array
from tables_common import Clock

STEP = pd.Timedelta(minutes=5)


def framed(values: Array, names: Sequence[str] | None = None, step: pd.Timedelta = STEP) -> pd.DataFrame:
    """Rows in order as a frame with a regular time column; NaN stays missing."""
    wide = values.reshape(len(values), -1)
    names = names or [f"x{channel}" for channel in range(wide.shape[1])]
    times = pd.date_range("2020-01-01", periods=len(wide), freq=step)
    return pd.DataFrame(wide, columns=list(names)).assign(time=times)[["time", *names]]


class Alarms(NamedTuple):
    """Of each step asked: how strange it is, and its p-value."""

    scores: Array
    p_values: Array
    seconds: dict[str, float]


def model(options: dict[str, Any], seed: int) -> Any:
    """An unfitted ``Series``."""
    from quintet import Series

    return Series(random_state=seed, **options)


def alarms(options: dict[str, Any], fit: Array, asked: Array, step: pd.Timedelta, seed: int) -> Alarms:
    """Fit on one stretch of a metric and score every step of another."""
    clock = Clock()
    series = model(options, seed).fit(framed(fit, step=step))
    clock("fit")
    found = series.detect(framed(asked, step=step))
    clock("score")
    return Alarms(np.asarray(found.scores, float), np.asarray(found.p_values, float), clock.seconds)


def filled(options: dict[str, Any], train: Array, holed: Array, step: pd.Timedelta, seed: int) -> dict[str, Any]:
    """``mean``, ``low`` and ``high`` (5 and 95 %) of every cell of ``holed``, and the seconds."""
    clock = Clock()
    series = model(options, seed).fit(framed(train, step=step))
    clock("fit")
    mean, bounds = series.impute(framed(holed, step=step), quantiles=(0.05, 0.95))
    clock("impute")
    low, high = (plain(frame, holed.shape) for frame in bounds)
    return {"mean": plain(mean, holed.shape), "low": low, "high": high, "seconds": clock.seconds}


def plain(frame: Any, shape: tuple[int, ...]) -> Array:
    """The channels of an answered frame, without its time column."""
    cells = frame.drop(columns="time") if isinstance(frame, pd.DataFrame) else np.asarray(frame)
    return np.asarray(cells, dtype=float).reshape(shape)
