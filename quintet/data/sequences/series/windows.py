"""Windows of a series, and overlapping answers joined to one."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def window_starts(count: int, window: int, hop: int, begin: int = 0) -> Array:
    """Where windows start so that together they cover ``count`` steps from ``begin``: the last one ends with the steps.

    A series shorter than a window has one, which starts before it.
    """
    last = begin + count - window
    if last <= begin:
        return np.array([last], dtype=np.int64)
    return np.append(np.arange(begin, last, hop, dtype=np.int64), last)


def cut(values: Array, starts: Array, window: int) -> Array:
    """The windows (k, window, channels) of a series (steps, channels); NaN before its beginning and behind its end."""
    places = starts[:, None] + np.arange(window)
    inside = (places >= 0) & (places < len(values))
    if inside.all():
        return np.asarray(values[places])
    out = np.full((*places.shape, values.shape[1]), np.nan, dtype=values.dtype)
    out[inside] = values[places[inside]]
    return out


def taper(window: int) -> Array:
    """The weight of each step of a window (window,), largest in its middle, where the model sees most around it."""
    place = np.arange(window)
    return np.minimum(place + 1, window - place).astype(np.float64)


class Join:
    """Answers of overlapping windows, averaged for each step.

    Parameters
    ----------
    count, channels : steps and channels of the series.
    window : steps of a window.
    """

    def __init__(self, count: int, channels: int, window: int) -> None:
        self.total = np.zeros((count, channels))
        self.weight = np.zeros((count, channels))
        self.window = window

    def add(self, starts: Array, answers: Array, counts: Array | None = None) -> None:
        """Add the answers (k, window, channels) of windows; what lies outside the series is left out.

        Parameters
        ----------
        counts : (k, window, channels) of bool, which answers count; None: all.
        """
        if not len(starts):
            return
        steps, channels = self.total.shape
        places = (starts[:, None] + np.arange(self.window)).ravel()
        inside = (places >= 0) & (places < steps)
        places, weights = places[inside], np.tile(taper(self.window), len(starts))[inside]
        low = int(places.min(initial=0))
        length = int(places.max(initial=-1)) + 1 - low
        for j in range(channels):
            own = weights if counts is None else weights * counts[..., j].ravel()[inside]
            cells = answers[..., j].ravel()[inside]
            cells = np.where(own > 0, cells, 0.0)
            self.total[low : low + length, j] += np.bincount(places - low, own * cells, length)
            self.weight[low : low + length, j] += np.bincount(places - low, own, length)

    def mean(self) -> Array:
        """The joined answers (steps, channels); NaN where there is none."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.where(self.weight > 0, self.total / self.weight, np.nan))
