"""Scores of held-out clean steps, and p-values of steps that depend on their neighbours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from quintet.data.columns.base import Array
from quintet.data.sequences.series.description import CleanScores
from quintet.estimators._series.scoring import Surprise

HIGH = 0.95
"""Share of the clean steps below the level at which runs of high scores are counted."""
KEPT = 4_096
"""Scores that a file keeps, spread evenly over their ranks."""


def clean_scores(found: Sequence[Surprise], window: int) -> CleanScores:
    """What is kept of the surprise of held-out blocks, one block after the other."""
    steps = np.concatenate([each.steps for each in found]) if found else np.zeros(0)
    inside = np.concatenate([each.windows for each in found]) if found else np.zeros(0)
    if not np.isfinite(steps).any():
        return CleanScores()
    scales = tuple(_scale(values[np.isfinite(values)]) for values in (steps, inside))
    base = CleanScores(cells=scales[0], windows=scales[1])
    scores = [score_of(each, base) for each in found]
    whole = np.concatenate(scores)
    whole = whole[np.isfinite(whole)]
    peaks = [
        part[np.isfinite(part)].max().item()
        for own in scores
        for part in _stretches(own, window)
        if np.isfinite(part).any()
    ]
    level = float(np.quantile(whole, HIGH))
    runs = float(np.mean([_mean_run(own > level) for own in scores if (own > level).any()] or [1.0]))
    channels = np.concatenate([each.cells for each in found])
    return base.model_copy(
        update={
            "steps": _spread(whole),
            "channels": tuple(_spread(column[np.isfinite(column)]) for column in channels.T),
            "peaks": tuple(sorted(peaks)),
            "run": max(1.0, runs),
            "count": len(whole),
        }
    )


def score_of(found: Surprise, clean: CleanScores) -> Array:
    """The score of each step (steps,): the larger of the surprise of its cells and of its windows, each in standard
    deviations of clean steps above their mean; NaN where no channel is observed."""
    parts = [
        (values - middle) / spread
        for values, (middle, spread) in ((found.steps, clean.cells), (found.windows, clean.windows))
    ]
    return np.asarray(np.where(np.isnan(parts[0]), np.nan, np.fmax(*parts)))


def step_p_values(scores: Array, clean: CleanScores) -> Array:
    """P(a clean step scores at least as high), (steps,); 1 where the step is missing or nothing was held out.

    Neighbouring steps depend on each other: high scores come in runs of r = ``clean.run`` steps. With
    p = (r + #{clean steps >= score}) / (n + r) the expected share of clean steps with p <= a is at most a, as by
    conformal risk control of exchangeable blocks, of each of which at most r steps are called (Angelopoulos, Bates,
    Fisch, Lei and Schuster, "Conformal risk control", 2024).
    """
    return _ranked(scores, clean.steps, clean.count, clean.run)


def channel_p_values(cells: Array, clean: CleanScores) -> Array:
    """The same for each channel's own surprise, (steps, channels)."""
    columns = [
        _ranked(cells[:, j], known, round(clean.count * len(known) / max(1, len(clean.steps))), clean.run)
        for j, known in enumerate(clean.channels)
    ]
    return np.stack(columns, axis=1) if columns else np.ones(cells.shape)


def stretch_p_value(peak: float, clean: CleanScores) -> float:
    """P(a clean stretch of one window has a peak as high): its rank among the peaks of held-out stretches."""
    above = len(clean.peaks) - int(np.searchsorted(clean.peaks, peak, side="left"))
    return (1 + above) / (len(clean.peaks) + 1)


def _ranked(scores: Array, known: Sequence[float], count: int, run: float) -> Array:
    """p-values among ``count`` scores, of which ``known`` are the ranks that were kept."""
    if not known:
        return np.ones(scores.shape)
    above = (len(known) - np.searchsorted(np.asarray(known), scores, side="left")) * (count / len(known))
    p = np.minimum(1.0, (run + above) / (count + run))
    return np.asarray(np.where(np.isnan(scores), 1.0, p))


def _scale(values: Array) -> tuple[float, float]:
    """Mean and standard deviation, the latter never 0."""
    return float(values.mean()), float(max(values.std(), 1e-6))


def _spread(values: Array) -> tuple[float, ...]:
    """Ascending scores, of many those that are spread evenly over the ranks."""
    ordered = np.sort(values)
    if len(ordered) > KEPT:
        ordered = np.quantile(ordered, (np.arange(KEPT) + 0.5) / KEPT, method="higher")
    return tuple(map(float, ordered))


def _stretches(scores: Array, window: int) -> list[Array]:
    parts = max(1, len(scores) // window)
    return list(np.array_split(scores, parts))


def _mean_run(high: Array) -> float:
    """The mean length of the runs of True."""
    starts = int((np.diff(np.concatenate([[False], high]).astype(np.int8)) == 1).sum())
    return float(high.sum() / max(1, starts))
