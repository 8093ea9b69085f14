"""Scores of held-out clean steps, and p-values of steps that depend on their neighbours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from quintet.data.columns.base import Array
from quintet.data.sequences.series.description import CleanPart, CleanScores
from quintet.estimators._series.scoring import COMPONENTS, Surprise

FADED = 0.05
"""Autocorrelation below which neighbouring scores count as independent."""
ABLE = 0.004
"""Smallest p-value that a score must reach to take part beside another."""
CUT = 0.05
"""Share of the highest values of a component that its scale leaves out."""
KEPT = 4_096
"""Scores that a file keeps, spread evenly over their ranks."""


def clean_scores(found: Sequence[Surprise], window: int) -> CleanScores:
    """What is kept of the surprise of held-out blocks, one block after the other."""
    steps = np.concatenate([each.steps for each in found]) if found else np.zeros(0)
    count = int(np.isfinite(steps).sum())
    if not count:
        return CleanScores()
    scales = CleanScores(components=tuple(map(_scale, np.concatenate([each.stretch for each in found]).T)))
    stretches = [score_of(each, scales) for each in found]
    channels = np.concatenate([each.cells for each in found])
    parts = [part for each in stretches for part in _stretches(each, window)]
    return CleanScores(
        count=count,
        cells=_part([each.steps for each in found], window),
        stretch=_part(stretches, 2 * window),
        components=scales.components,
        channels=tuple(_spread(column[np.isfinite(column)]) for column in channels.T),
        peaks=tuple(sorted(np.nanmax(part).item() for part in parts if np.isfinite(part).any())),
    )


def score_of(found: Surprise, clean: CleanScores) -> Array:
    """The strangeness of the stretch around each step (steps,); NaN where no channel is observed.

    The mean of the components of its windows and the surprise of the cells near the step given the latents weigh alike,
    each in standard deviations of clean steps from their mean.
    """
    components = np.asarray(clean.components or ((0.0, 1.0),) * len(COMPONENTS))
    standard = (found.stretch - components[:, 0]) / components[:, 1]
    return np.asarray(np.where(np.isnan(found.steps), np.nan, standard[:, :-1].mean(1) + standard[:, -1]))


def _scale(values: Array) -> tuple[float, float]:
    """Mean and standard deviation of a component of clean steps, of which the highest twentieth is cut off: what was
    held out may hold anomalies."""
    values = values[np.isfinite(values)]
    cut = np.minimum(values, np.quantile(values, 1 - CUT))
    return float(cut.mean()), max(float(cut.std()), 1e-6)


def step_p_values(found: Surprise, clean: CleanScores) -> Array:
    """P(a clean step is at least as strange), (steps,); 1 where the step is missing or nothing was held out.

    Twice the smaller of the p-values of its cells and of its stretch, a bound under any dependence (Bonferroni). One of
    the two alone where the held-out steps are too few for small p-values of the other.
    """
    if not clean.count:
        return np.ones(len(found.cells))
    parts = [(found.steps, clean.cells), (score_of(found, clean), clean.stretch)]
    least = [part.memory / (clean.count + part.memory) for _, part in parts]
    able = [each for each, p in zip(parts, least, strict=True) if p <= max(ABLE, min(least))]
    p_values = [part_p_values(values, part.scores, clean.count, part.memory) for values, part in able]
    return np.where(np.isnan(found.steps), 1.0, np.minimum(1.0, len(able) * np.min(p_values, axis=0)))


def channel_p_values(cells: Array, clean: CleanScores) -> Array:
    """The same for each channel's own surprise, (steps, channels)."""
    if not clean.channels:
        return np.ones(cells.shape)
    columns = [
        part_p_values(column, known, clean.count, clean.cells.memory)
        for column, known in zip(cells.T, clean.channels, strict=True)
    ]
    return np.stack(columns, axis=1)


def stretch_p_value(peak: float, clean: CleanScores) -> float:
    """P(a clean stretch of one window has a peak as high): its rank among the peaks of held-out stretches."""
    above = len(clean.peaks) - int(np.searchsorted(clean.peaks, peak, side="left"))
    return (1 + above) / (len(clean.peaks) + 1)


def part_p_values(scores: Array, known: Sequence[float], count: int, memory: float) -> Array:
    """P(a clean step scores at least as high) by one score, (steps,); 1 where it is NaN.

    Neighbouring steps depend on each other: m = ``memory`` of them count as one observation. With
    p = (m + #{clean steps >= score}) / (n + m) the expected share of clean steps with p <= a is at most a where blocks
    of m steps can be exchanged: conformal risk control, the risk of a block being the share of its steps that is called
    (Angelopoulos, Bates, Fisch, Lei and Schuster, "Conformal risk control", 2024). For m = 1 these are conformal
    p-values.

    Parameters
    ----------
    known : of the ``count`` clean scores those that were kept, ascending.
    """
    if not known:
        return np.ones(scores.shape)
    above = (len(known) - np.searchsorted(np.asarray(known), scores, side="left")) * (count / len(known))
    p = np.minimum(1.0, (memory + above) / (count + memory))
    return np.asarray(np.where(np.isnan(scores), 1.0, p))


def _part(blocks: Sequence[Array], longest: int) -> CleanPart:
    """What is kept of one score of several blocks of steps."""
    whole = np.concatenate(blocks)
    whole = whole[np.isfinite(whole)]
    return CleanPart(scores=_spread(whole), memory=memory_of(blocks, longest))


def _spread(values: Array) -> tuple[float, ...]:
    """Ascending scores, of many those that are spread evenly over the ranks."""
    ordered = np.sort(values)
    if len(ordered) > KEPT:
        ordered = np.quantile(ordered, (np.arange(KEPT) + 0.5) / KEPT, method="higher")
    return tuple(map(float, ordered))


def _stretches(scores: Array, window: int) -> list[Array]:
    return list(np.array_split(scores, max(1, len(scores) // window)))


def memory_of(blocks: Sequence[Array], longest: int) -> float:
    """The integrated autocorrelation time of the ranks of scores, in steps.

    1 + 2 (r1 + r2 + ...) up to the first correlation below ``FADED``, at most ``longest`` of them, over blocks (steps,)
    each (Sokal, "Monte Carlo methods in statistical mechanics", 1997).
    """
    whole = np.concatenate(blocks)
    order = np.sort(whole[np.isfinite(whole)])
    ranks = [np.searchsorted(order, own) + np.searchsorted(order, own, side="right") for own in blocks]
    centred = [np.where(np.isnan(own), 0.0, rank - len(order)) for own, rank in zip(blocks, ranks, strict=True)]
    variance = sum(float((own**2).sum()) for own in centred)
    total = 1.0
    for lag in range(1, longest + 1):
        products = sum(float((own[lag:] * own[:-lag]).sum()) for own in centred if len(own) > lag)
        if variance <= 0 or products / variance < FADED:
            break
        total += 2 * products / variance
    return total
