"""The dominant period of series, and the length of windows that show it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
LONGEST = 1 << 17
"""Steps of a series from which the period is found."""
LONGEST_PERIOD = 2_048
STRONG = 0.2
"""Least autocorrelation at the period."""
NEARLY = 0.7
"""The period is the shortest whose autocorrelation is at least this part of the strongest one's."""
SHORTEST_WINDOW, LONGEST_WINDOW, USUAL_WINDOW = 32, 672, 128
MANY_PERIODS, MANY_STEPS = 14, 336
"""A window shows so many periods, if they are no more than so many steps; else two of them and a quarter."""
SHORT = 12
"""Periods shorter than this do not set the window."""
MOST_CELLS = 4_096
"""Cells of a window, beyond which windows of many channels are shortened."""
FEW = 8
"""A single series has at least so many windows one behind the other."""


def dominant_period(series: Sequence[Array]) -> int | None:
    """The period, in steps, that most of the series' variance repeats after; None where nothing repeats.

    The shortest strong peak of the autocorrelation (Box and Jenkins, 1970), averaged over channels and over the
    longest series, each less its moving average.

    Parameters
    ----------
    series : (steps, channels) each, NaN where missing.
    """
    chosen = sorted(series, key=len, reverse=True)[:8]
    longest = min(LONGEST_PERIOD, len(chosen[0]) // 3) if chosen else 0
    if longest < 4:
        return None
    found = [_autocorrelation(values[:LONGEST, j], longest) for values in chosen for j in range(values.shape[1])]
    found = [each for each in found if each is not None]
    if not found:
        return None
    mean = np.mean([each for each in found if each is not None], axis=0)
    inner = mean[1:-1]
    peaks = 1 + np.flatnonzero((inner > mean[:-2]) & (inner >= mean[2:]))
    dips = np.minimum.accumulate(mean)
    peaks = peaks[(peaks >= 2) & (mean[peaks] >= STRONG) & (mean[peaks] - dips[peaks] >= STRONG)]
    if not len(peaks):
        return None
    first = int(peaks[mean[peaks] >= NEARLY * mean[peaks].max()][0])
    return _refined(mean, first + int(mean[first : first + first // 2 + 1].argmax()))


def _refined(correlation: Array, peak: int) -> int:
    """The lag next to a peak whose multiples are correlated most, which noise displaces less."""

    def strength(lag: int) -> float:
        return float(correlation[lag : 8 * lag + 1 : lag].mean())

    near = max(1, peak // 16)
    return max(range(max(2, peak - near), min(peak + near, len(correlation) - 1) + 1), key=strength)


def _autocorrelation(values: Array, longest: int) -> Array | None:
    """The autocorrelation at lags 0 to ``longest`` (longest + 1,) over pairs of observed steps; None if constant."""
    there = ~np.isnan(values)
    if there.sum() < 8 or len(values) <= longest:
        return None
    centred = np.where(there, values - values[there].mean(), 0.0)
    centred = np.where(there, centred - _moving_average(centred, there, 2 * longest), 0.0)
    variance = float((centred**2).sum() / there.sum())
    if variance <= 1e-12 * max(1.0, float(np.abs(values[there]).max()) ** 2):
        return None
    size = 1 << (2 * len(values) - 1).bit_length()
    spectrum, pairs = np.fft.rfft(centred, size), np.fft.rfft(there.astype(np.float64), size)
    products = np.fft.irfft(np.abs(spectrum) ** 2, size)[: longest + 1]
    counts = np.fft.irfft(np.abs(pairs) ** 2, size)[: longest + 1]
    return np.asarray(products / np.maximum(counts, 1) / variance)


def _moving_average(values: Array, there: Array, length: int) -> Array:
    """The mean of the observed values within ``length`` steps of each, (steps,)."""
    sums, counts = (np.concatenate([[0.0], np.cumsum(each)]) for each in (values, there.astype(np.float64)))
    places = np.arange(len(values))
    low, high = np.maximum(places - length // 2, 0), np.minimum(places + length // 2 + 1, len(values))
    return np.asarray((sums[high] - sums[low]) / np.maximum(counts[high] - counts[low], 1))


def window_for(period: int | None, lengths: Sequence[int], channels: int) -> int:
    """The length of a window: up to fourteen periods, two and a quarter of long ones, of 32 to 672 steps; fewer for
    short series or many channels.

    Of many short series a window is a whole series.

    Parameters
    ----------
    lengths : steps of each series.
    """
    most = max(2, min(LONGEST_WINDOW, max(SHORTEST_WINDOW, MOST_CELLS // channels)))
    longest = max(lengths)
    if len(lengths) >= FEW and longest <= most:
        return max(2, longest)
    wanted = USUAL_WINDOW
    if period is not None and period >= SHORT:
        wanted = max(2 * period + max(period // 4, 4), min(MANY_PERIODS * period, MANY_STEPS))
    wanted = min(max(wanted, SHORTEST_WINDOW), most)
    fitting = max(4, longest // FEW) if len(lengths) < FEW else max(4, int(np.median(lengths)))
    window = min(wanted, fitting)
    return max(2, window - window % 4 if window >= 8 else window)
