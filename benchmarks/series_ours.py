"""Ours on series: the calls of ``quintet.Series`` that the benchmarks make, each with the seconds of its parts."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from common import Array
from tables_common import Clock

STEP, START = pd.Timedelta(minutes=5), pd.Timestamp("2020-01-01")


def framed(values: Array, step: pd.Timedelta = STEP, start: pd.Timestamp = START) -> pd.DataFrame:
    """Rows in order as a frame with a regular time column; NaN stays missing."""
    wide = values.reshape(len(values), -1)
    names = [f"x{channel}" for channel in range(wide.shape[1])]
    times = pd.date_range(start, periods=len(wide), freq=step)
    return pd.DataFrame(wide, columns=names).assign(time=times)[["time", *names]]


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


def beats(options: dict[str, Any], train: Array, test: Array, seed: int) -> Alarms:
    """Fit on rows that each are a whole series, (n, steps), and score others."""
    from quintet import VAE

    clock = Clock()
    vae = VAE(layout="steps", random_state=seed, **options).fit(train.astype(np.float32))
    clock("fit")
    found = vae.detect(test.astype(np.float32))
    clock("score")
    return Alarms(np.asarray(found.scores, float), np.asarray(found.p_values, float), clock.seconds)


def filled(
    options: dict[str, Any], train: Array, holed: dict[str, Array], step: pd.Timedelta, seed: int
) -> tuple[dict[str, dict[str, Array]], dict[str, float]]:
    """Of each array of ``holed``, which follows ``train``, its ``mean``, ``low`` and ``high`` (5 and 95 %); and the
    seconds."""
    clock, answers = Clock(), {}
    series = model(options, seed).fit(framed(train, step=step))
    clock("fit")
    for name, rows in holed.items():
        answer = series.impute(framed(rows, step=step, start=START + len(train) * step), interval=0.9)
        answers[name] = dict(zip(("mean", "low", "high"), (plain(part, rows.shape) for part in answer), strict=True))
    clock("impute")
    return answers, clock.seconds


def fitted(options: dict[str, Any], train: Array, step: pd.Timedelta, start: pd.Timestamp, seed: int) -> Any:
    """A ``Series`` of (steps, channels) from ``start`` on, and the seconds of its fit."""
    clock = Clock()
    series = model(options, seed).fit(framed(train, step=step, start=start))
    clock("fit")
    return series, clock.seconds["fit"]


def forecasts(
    series: Any,
    histories: Sequence[Array],
    starts: Sequence[pd.Timestamp],
    horizon: int,
    quantiles: Sequence[float],
) -> tuple[Array, float]:
    """(quantiles, histories, horizon, channels) of hourly series, and the seconds.

    Parameters
    ----------
    histories : (hours, channels) each; NaN before the series' first hour.
    starts : the first hour of each history.
    """
    hour, rows, clock = pd.Timedelta(hours=1), [], Clock()
    for history, first in zip(histories, starts, strict=True):
        known = np.isfinite(history).all(1)
        rows.append(framed(history[known], step=hour, start=first + int(np.argmax(known)) * hour))
    found = series.forecast(rows, steps=horizon, quantiles=tuple(quantiles)).quantiles
    clock("forecast")
    return np.stack([np.asarray(one, float) for one in found], 1), clock.seconds["forecast"]


def packed(options: dict[str, Any], train: bytes, asked: bytes, seed: int) -> tuple[int, int, dict[str, float]]:
    """Bytes of a CSV file packed after a fit on another, bytes of the weights' file, and the seconds.

    The file must come back byte for byte.
    """
    clock = Clock()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "train.csv").write_bytes(train)
        (folder / "asked.csv").write_bytes(asked)
        series = model(options, seed).fit(folder / "train.csv")
        clock("fit")
        blob = series.compress(folder / "asked.csv")
        clock("compress")
        series.save(folder / "weights.safetensors")
        found = series.decompress_file(blob)
        clock("decompress")
        assert found == asked, "the restored file differs"
        return len(blob), (folder / "weights.safetensors").stat().st_size, clock.seconds


def generated(options: dict[str, Any], train: Array, count: int, seed: int) -> tuple[Array, dict[str, float]]:
    """``count`` windows after a fit on windows (n, steps, channels); and the seconds."""
    from quintet import VAE

    clock, rows = Clock(), train.astype(np.float32)
    rows = rows[..., 0] if rows.shape[-1] == 1 else rows
    vae = VAE(layout="steps", random_state=seed, **options).fit(rows)
    clock("fit")
    made = np.asarray(vae.generate(count, random_state=seed), float).reshape(count, *train.shape[1:])
    clock("generate")
    return made, clock.seconds


def plain(frame: Any, shape: tuple[int, ...]) -> Array:
    """The channels of an answered frame, without its time column."""
    cells = frame.drop(columns="time") if isinstance(frame, pd.DataFrame) else np.asarray(frame)
    return np.asarray(cells, dtype=float).reshape(shape)
