"""Ways to fill missing cells of a series beside ours: interpolation, neighbours, chained regressions.

Each takes (complete earlier steps, later steps with NaN, steps a day), arrays (n, channels) in the same units, and
gives the later steps without NaN.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
from common import Array
from scipy.interpolate import CubicSpline, PchipInterpolator
from series_data import windows_of
from sklearn.exceptions import ConvergenceWarning
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer

Filler = Callable[[Array, Array, int], Array]
WINDOW, STEP, NEIGHBOURS = 48, 12, 10


def by_channel(fill: Callable[[Array, Array, Array], Array]) -> Filler:
    """A filler of each channel alone; ``fill`` takes the known steps, their values and the steps asked."""

    def every(train: Array, holed: Array, day: int) -> Array:
        found, steps = holed.copy(), np.arange(len(holed))
        for channel in range(holed.shape[1]):
            known = np.isfinite(holed[:, channel])
            if not known.any():
                found[:, channel] = train[:, channel].mean()
                continue
            found[~known, channel] = fill(steps[known], holed[known, channel], steps[~known])
        return found

    return every


def _last(known: Array, values: Array, asked: Array) -> Array:
    return np.asarray(values[np.maximum(np.searchsorted(known, asked) - 1, 0)])


def _inside(curve: type) -> Callable[[Array, Array, Array], Array]:
    """A curve between the first and the last known step, constant beyond."""
    return lambda known, values, asked: np.asarray(curve(known, values)(np.clip(asked, known[0], known[-1])))


def daily_linear(train: Array, holed: Array, day: int) -> Array:
    """The mean day of the earlier steps, plus the line between neighbours in what differs from it."""
    phase = np.arange(len(train)) % day
    profile = np.stack([train[phase == hour].mean(0) for hour in range(day)])
    later = profile[(len(train) + np.arange(len(holed))) % day]
    return np.asarray(by_channel(np_interp)(train, holed - later, day) + later)


def np_interp(known: Array, values: Array, asked: Array) -> Array:
    """The line between neighbours, constant beyond the ends."""
    return np.asarray(np.interp(asked, known, values))


def nearest_windows(train: Array, holed: Array, day: int) -> Array:
    """Means over the ten windows of 48 earlier steps that are nearest on the known cells, each channel at its level.

    A cell lies in several windows, of which it takes the mean.
    """
    library = windows_of(train, WINDOW, max(1, len(train) // 5000)).reshape(-1, WINDOW * train.shape[1])
    total, count = np.zeros(holed.shape), np.zeros((len(holed), 1))
    for start in sorted({*range(0, len(holed) - WINDOW, STEP), len(holed) - WINDOW}):
        part = holed[start : start + WINDOW]
        count[start : start + WINDOW] += 1
        if np.isfinite(part).all():
            total[start : start + WINDOW] += part
            continue
        total[start : start + WINDOW] += _nearest(library, part)
    found = total / count
    return np.where(np.isfinite(holed), holed, found)


def _nearest(library: Array, part: Array) -> Array:
    shape = part.shape
    known = np.isfinite(part)
    rows = library.reshape(len(library), *shape)
    counts = np.maximum(known.sum(0), 1)
    level = np.where(known, part, 0.0).sum(0) / counts
    levels = (rows * known).sum(1) / counts
    shifted = rows - np.where(known.any(0), levels - level, 0.0)[:, None]
    distance = (np.square(shifted - np.where(known, part, 0.0)) * known).sum((1, 2))
    near = np.argpartition(distance, NEIGHBOURS)[:NEIGHBOURS]
    return np.asarray(shifted[near].mean(0))


def ridge_chain(train: Array, holed: Array, day: int) -> Array:
    """Chained Bayesian ridge regressions (scikit-learn) over all channels at the step, before it and after it."""

    def beside(values: Array) -> Array:
        wide = np.pad(values, ((1, 1), (0, 0)), constant_values=np.nan)
        return np.concatenate([wide[1:-1], wide[:-2], wide[2:]], 1)

    channels = train.shape[1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        chain = IterativeImputer(max_iter=10, random_state=0).fit(beside(train[-8000:]))
        return np.asarray(chain.transform(beside(holed))[:, :channels])


FILLERS: dict[str, Filler] = {
    "linear": by_channel(np_interp),
    "spline": by_channel(_inside(CubicSpline)),
    "pchip": by_channel(_inside(PchipInterpolator)),
    "last": by_channel(_last),
    "daily_linear": daily_linear,
    "knn": nearest_windows,
    "ridge_chain": ridge_chain,
}
