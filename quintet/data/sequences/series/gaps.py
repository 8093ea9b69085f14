"""Which windows fill which missing steps, and in which order: long gaps are filled step by step from their rim."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Fill:
    """The missing cells of the steps ``low`` to ``high`` of a series, to be filled by the window from ``start`` on.

    ``dark`` are steps of which no channel is observed, filled by one window together, so that draws hang together;
    a fill of other steps leaves dark ones to theirs.
    """

    start: int
    low: int
    high: int
    dark: bool


def fills(missing: Array, window: int) -> list[list[Fill]]:
    """Rounds of fills of a series; a fill sees the answers of the rounds before.

    A gap of half a window or less is filled at once by the window around it. A longer one is filled by half windows
    one after the other, from its beginning, or from its end where nothing is observed before it.

    Parameters
    ----------
    missing : (steps, channels) of bool.
    """
    steps, dark = len(missing), np.asarray(missing.all(1))
    rounds: list[list[Fill]] = [[]]
    for low, high in runs(dark):
        for number, fill in enumerate(_of_gap(low, high, steps, window)):
            if number == len(rounds):
                rounds.append([])
            rounds[number].append(fill)
    rounds[0].extend(_partly_observed(np.asarray(missing.any(1) & ~dark), window))
    return rounds if rounds[0] or len(rounds) > 1 else []


def runs(marked: Array) -> list[tuple[int, int]]:
    """The runs of True in (steps,) of bool: first step, and first step behind."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], marked, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _of_gap(low: int, high: int, steps: int, window: int) -> Iterator[Fill]:
    """The fills of one gap, in order."""
    stride = max(1, window // 2)
    if high - low <= stride:
        yield Fill(_within((low + high - window) // 2, steps, window), low, high, True)
    elif low == 0 and high < steps:  # nothing before it: from its end backwards
        for stop in range(high, 0, -stride):
            begin = max(0, stop - stride)
            yield Fill(_within(begin, steps, window), begin, stop, True)
    else:
        for begin in range(low, high, stride):
            stop = min(begin + stride, high)
            yield Fill(_within(begin - (window - stride), steps, window), begin, stop, True)


def _within(start: int, steps: int, window: int) -> int:
    """The start of a window that lies within the series, or ends with it where the series is shorter."""
    return min(max(0, start), steps - window) if steps >= window else steps - window


def _partly_observed(marked: Array, window: int) -> Iterator[Fill]:
    """Fills of steps of which some channels are observed: each in the inner half of a window, but at the ends."""
    steps, margin, covered = len(marked), window // 4, 0
    for step in np.flatnonzero(marked):
        if step < covered:
            continue
        start = _within(int(step) - margin, steps, window)
        end = start + window
        covered = end if end >= steps else max(int(step) + 1, end - margin)
        yield Fill(start, int(step), covered, False)
