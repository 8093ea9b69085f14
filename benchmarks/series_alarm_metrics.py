"""Figures of anomaly scores a step: the volume under the precision–recall surface and NAB's score.

Scores are higher for stranger steps; labels are True in anomaly windows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from common import Array

THRESHOLDS = 250
SHARES = np.geomspace(1e-4, 0.2, 120)
"""Shares of alarms among the scored steps at which NAB's score is taken."""
FALSE_ALARM = 0.11
"""Weight of a false alarm in NAB's standard profile; a found and a missed window weigh 1."""


def segments(labels: Array) -> list[tuple[int, int]]:
    """(first, last) of each run of True, both inside."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], labels.astype(bool), [False]]).astype(np.int8)))
    return [(int(first), int(end) - 1) for first, end in edges.reshape(-1, 2)]


def vus_pr(scores: Array, labels: Array, longest: int) -> float:
    """Volume under the surface of precision and recall (Paparrizos et al., 2022), as TSB-AD takes it.

    The mean over buffers 0 to ``longest`` of the area under the curve of 250 thresholds, in which a step within half
    the buffer beyond a window's ends counts √(1 − distance / buffer), recall is that of the weighted steps times the
    share of windows that have an alarm, and the number of positives is the mean of the strict and of the weighted
    count.
    """
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    levels = ranked[np.linspace(0, len(scores) - 1, THRESHOLDS).astype(int)]
    alarms = np.searchsorted(-ranked, -levels, side="right")
    found = [_area(scores, labels, buffer, order, levels, alarms) for buffer in range(longest + 1)]
    return float(np.mean(found))


def _area(scores: Array, labels: Array, buffer: int, order: Array, levels: Array, alarms: Array) -> float:
    """Area under the curve for one buffer; ``alarms``: how many steps reach each of ``levels``."""
    runs, half = segments(labels), buffer // 2
    weights = labels.astype(float)
    for first, last in runs:
        after = np.arange(last + 1, min(last + half + 1, len(labels)))
        before = np.arange(max(first - half, 0), first)
        weights[after] += np.sqrt(1 - (after - last) / max(buffer, 1))
        weights[before] += np.sqrt(1 - (first - before) / max(buffer, 1))
    weights = np.minimum(weights, 1.0)
    hit = np.concatenate([[0.0], np.cumsum(weights[order])])[alarms]
    beyond = np.concatenate([[0.0], np.cumsum(np.where(labels, 0.0, weights)[order])])[alarms]
    strict = float(labels.sum())
    highest = [scores[max(first, 0) : last + 1].max() for first, last in _joined(runs, half)]
    seen = (np.array(highest)[:, None] >= levels).mean(0)
    recall = np.minimum(hit / ((strict + strict + beyond) / 2), 1.0) * seen
    return float(np.diff(recall, prepend=0.0) @ (hit / alarms))


def _joined(runs: Sequence[tuple[int, int]], half: int) -> list[tuple[int, int]]:
    """Runs widened by ``half`` steps on each side; those that then touch are one."""
    found = [(runs[0][0] - half, runs[0][1] + half)]
    for first, last in runs[1:]:
        if found[-1][1] < first - half:
            found.append((first - half, last + half))
        else:
            found[-1] = (found[-1][0], last + half)
    return found


def nab_weights(steps: int, windows: Sequence[tuple[int, int]]) -> Array:
    """What an alarm at each step is worth in NAB's standard profile (Lavin and Ahmad, 2015).

    Inside of a window 1 at its first step, falling to 0 at its last; outside up to −.11 with the distance from the
    window before.
    """
    worth, end, width = np.full(steps, -FALSE_ALARM), None, 2
    for first, last in [*windows, (steps, steps)]:
        if end is not None:
            past = np.arange(end + 1, first)
            distance = (past - end) / max(width - 1, 1)
            worth[past] = FALSE_ALARM * np.where(distance >= 3, -1.0, _sigmoid(distance))
        if first < steps:
            end, width = last, last - first + 1
            inside = np.arange(first, last + 1)
            worth[inside] = _sigmoid(-(last - inside + 1) / width) / _sigmoid(np.array(-1.0))
    return worth


def _sigmoid(position: Array) -> Array:
    return np.asarray(2 / (1 + np.exp(5 * position)) - 1)


def nab_raw(alarms: Array, windows: Sequence[tuple[int, int]], probation: int) -> float:
    """NAB's score of (n,) bool alarms before its scaling: the best of each window, −1 where missed, less false alarms.

    Steps before ``probation`` count nothing.
    """
    worth = nab_weights(len(alarms), windows)
    alarms = alarms & (np.arange(len(alarms)) >= probation)
    outside, found = alarms.copy(), 0.0
    for first, last in windows:
        outside[first : last + 1] = False
        inside = np.flatnonzero(alarms[first : last + 1]) + first
        found += float(worth[inside].max()) if len(inside) else -1.0
    return found + float(worth[outside].sum())


def nab_curve(scores: Array, windows: Sequence[tuple[int, int]], probation: int) -> list[float]:
    """Raw scores without alarms, and where the ``SHARES`` of the scored steps with the highest scores are alarms."""
    levels = np.quantile(scores[probation:], 1 - SHARES)
    return [-float(len(windows)), *(nab_raw(scores >= level, windows, probation) for level in levels)]


def nab_score(raw: float, windows: int) -> float:
    """0: no alarm at all; 100: the first step of every window and no false alarm."""
    return 100 * (raw + windows) / (2 * windows)
