"""The series of the benchmarks: NAB's metrics with their anomaly windows, the transformer's seven channels, heartbeats.

Readers give float64 arrays in the files' order. ``transformer`` is ETTh1 (hourly, two years), ``nab`` six metrics of
the Numenta Anomaly Benchmark, ``heartbeats`` the 500 training rows of ECG5000.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from common import Array, data_folder

LONGEST_PERIOD, SHORTEST_PERIOD, NO_PERIOD = 300, 3, 125


class Metric(NamedTuple):
    """One metric: its rows and which of them lie in an anomaly window.

    ``windows`` are (first, last) rows, both inside.
    """

    times: pd.Series[pd.Timestamp]
    values: Array
    windows: list[tuple[int, int]]

    @property
    def labels(self) -> Array:
        """(n,) bool, True inside of a window."""
        found = np.zeros(len(self.values), bool)
        for first, last in self.windows:
            found[first : last + 1] = True
        return found

    @property
    def probation(self) -> int:
        """Rows at the beginning that NAB does not score: 15 %, at most 750."""
        return int(min(0.15 * len(self.values), 750))


def folder() -> Path:
    """Where the series are."""
    return data_folder() / "series"


def nab() -> dict[str, Metric]:
    """NAB's metrics by name."""
    windows = {
        Path(name).stem: found for name, found in json.loads((folder() / "nab_windows.json").read_text()).items()
    }
    return {name: _metric(path, windows[name]) for name, path in sorted(_nab_files().items())}


def _nab_files() -> dict[str, Path]:
    return {path.name.removeprefix("nab_").removesuffix(".csv.gz"): path for path in folder().glob("nab_*.csv.gz")}


def _metric(path: Path, windows: list[list[str]]) -> Metric:
    frame = pd.read_csv(path, parse_dates=["timestamp"])
    found = []
    for first, last in windows:
        inside = np.flatnonzero(frame["timestamp"].between(pd.Timestamp(first), pd.Timestamp(last)))
        found.append((int(inside[0]), int(inside[-1])))
    return Metric(frame["timestamp"], frame["value"].to_numpy(float), found)


def transformer() -> pd.DataFrame:
    """ETTh1: 17,420 hours of seven channels, with the time as index."""
    return pd.read_csv(folder() / "ETTh1.csv", parse_dates=["date"], index_col="date").asfreq("h")


def heartbeats() -> tuple[Array, Array]:
    """(500, 140) millivolts, standardised by the file's authors, and (500,) classes, of which 1 is normal."""
    stored = np.load(folder() / "ecg5000_train.npz")
    return stored["x"].astype(float), stored["y"].astype(int)


def hourly(metric: Metric) -> pd.Series[float]:
    """Means of each hour on a grid without gaps; NaN where an hour has no row."""
    return pd.Series(metric.values, index=pd.DatetimeIndex(metric.times)).resample("h").mean()


def filled(series: pd.Series[float]) -> pd.Series[float]:
    """Missing hours interpolated on the line between their neighbours."""
    return series.interpolate(limit_direction="both")


def period(values: Array) -> int:
    """The window of TSB-AD: the lag of the highest local maximum of the autocorrelation, of lags 3 to 400.

    125 where there is none, or where it lies beyond 300 (Liu and Paparrizos, 2024, ``find_length_rank``).
    """
    centred = values[:20_000] - values[:20_000].mean()
    size = 1 << (2 * len(centred)).bit_length()
    spectrum = np.abs(np.fft.rfft(centred, size)) ** 2
    correlation = (np.fft.irfft(spectrum, size)[:401] / max(float(centred @ centred), 1e-12))[SHORTEST_PERIOD:]
    inner = correlation[1:-1]
    tops = np.flatnonzero((inner > correlation[:-2]) & (inner > correlation[2:])) + 1
    best = int(tops[correlation[tops].argmax()]) if len(tops) else 0
    return best + SHORTEST_PERIOD if SHORTEST_PERIOD <= best <= LONGEST_PERIOD else NO_PERIOD


def windows_of(values: Array, size: int, step: int = 1) -> Array:
    """(windows, size, channels) of (n, channels), or (windows, size) of (n,); a copy."""
    found = np.lib.stride_tricks.sliding_window_view(values, size, axis=0)[::step]
    return np.ascontiguousarray(np.moveaxis(found, -1, 1))
