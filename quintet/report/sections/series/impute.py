"""The section on gaps of series: hidden cells, their fills and bands, beside straight lines."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from quintet.estimators._series.filling import fill_with_bands
from quintet.report.figures import series_answers
from quintet.report.figures.series_answers import Answered
from quintet.report.page import Answer, Panel, Section, TextTable
from quintet.report.series_material import Array, SeriesMaterial, Stretch

SHARE = 0.1
"""Share of the cells that is hidden at random, and about that of the gaps."""
LEVELS = (0.05, 0.95)
SHOWN = 4
"""Channels that are drawn."""


def filling(m: SeriesMaterial) -> tuple[Section, Answer]:
    """Imputation: single cells and gaps of steps, hidden where training has not looked."""
    gap = max(3, min(m.known.window // 8, m.known.period or m.known.window))
    truth = [each.cells for each in m.stretches]
    lines, shown = [], None
    for name, length in ((f"{SHARE:.0%} of the cells", 1), (f"gaps of {gap} steps in all channels", gap)):
        holes = [_holes(cells, length, (m.seed, number)) for number, cells in enumerate(truth)]
        asked = [np.where(at, np.nan, cells) for cells, at in zip(truth, holes, strict=True)]
        found = fill_with_bands(m.vae, asked, m.known.window, LEVELS, 0, seed=m.seed)
        line = [straight(cells) for cells in asked]
        inside = _share_inside(truth, found.bands, holes)
        errors = m.errors(truth, found.mean, holes), m.errors(truth, line, holes)
        lines.append((name, *errors, inside))
        shown = (holes, asked, found)
    assert shown is not None
    holes, asked, found = shown
    panel = _panel(m, gap, m.stretches[0], holes[0], found.mean[0], found.bands[0])
    table = TextTable(
        "In figures",
        ("hidden", "quintet", "straight line", "hidden cells in the 90 % band"),
        [(name, f"{ours:.3f}", f"{theirs:.3f}", f"{inside:.0%}") for name, ours, theirs, inside in lines],
        f"Mean absolute error of hidden cells in standard deviations of a channel; {_count(m)}.",
    )
    section = Section(
        "impute",
        "Impute",
        "Cells and whole steps were hidden, and filled from what stands on both sides. The mean is in colour, the band "
        "should hold nine hidden cells of ten.",
        [panel, table],
    )
    name, ours, theirs, _ = lines[1]
    return section, Answer("Impute", f"{name} hidden", f"{ours:.3f} sd", f"straight line {theirs:.3f}")


def _count(m: SeriesMaterial) -> str:
    steps = sum(len(each.cells) for each in m.stretches)
    stretches = len(m.stretches)
    return f"{steps:,} {m.which} steps in {stretches} stretch{'' if stretches == 1 else 'es'}"


def _holes(cells: Array, length: int, key: tuple[int, int]) -> NDArray[np.bool_]:
    """Which observed cells are hidden: single ones at random, or runs of ``length`` steps spread over the stretch."""
    rng = np.random.default_rng(key)
    if length == 1:
        holes = rng.random(cells.shape) < SHARE
        if not holes.any():
            holes[len(cells) // 2] = True
        return np.asarray(holes & ~np.isnan(cells))
    holes = np.zeros(cells.shape, bool)
    for part in np.array_split(np.arange(len(cells)), max(1, round(SHARE * len(cells) / length))):
        size = min(length, max(1, len(part) - 2))
        start = part[0] + 1 + int(rng.integers(max(1, len(part) - size - 1)))
        holes[start : start + size] = True
    return holes & ~np.isnan(cells)


def straight(cells: Array) -> Array:
    """Cells with their gaps filled by straight lines, (steps, channels)."""
    out = cells.copy()
    at = np.arange(len(cells))
    for j in range(cells.shape[1]):
        there = ~np.isnan(cells[:, j])
        out[:, j] = np.interp(at, at[there], cells[there, j]) if there.any() else 0.0
    return out


def _share_inside(truth: Sequence[Array], bands: Sequence[Array], holes: Sequence[Array]) -> float:
    inside = [
        ((cells >= low) & (cells <= high))[at] for cells, (low, high), at in zip(truth, bands, holes, strict=True)
    ]
    return float(np.concatenate(inside).mean())


def _panel(m: SeriesMaterial, gap: int, stretch: Stretch, holes: Array, mean: Array, bands: Array) -> Panel:
    """The beginning of the first stretch with its gaps, channel by channel."""
    some = slice(0, min(len(stretch.cells), max(2 * gap, min(2 * m.known.window, 8 * gap + 2 * gap))))
    plots = []
    for j in range(min(SHOWN, len(m.channels))):
        hidden = holes[some, j]
        near = hidden | np.roll(hidden, 1) | np.roll(hidden, -1)  # lines reach their neighbours
        truth = stretch.cells[some, j]
        low, high, answer = (np.where(near, each[some, j], np.nan) for each in (*bands, mean))
        seen = np.where(hidden, np.nan, truth)
        plots.append(
            Answered(m.channels[j], stretch.times[some], seen, np.where(near, truth, np.nan), answer, low, high)
        )
    figure = series_answers.answered(plots, "filled", "hidden", "90 % band", m.palette)
    words = "A fill should follow the hidden steps, and bands should be narrow only where fills are right."
    if len(m.channels) > SHOWN:
        words += f" The first {SHOWN} of {len(m.channels)} channels."
    return Panel(
        "gaps",
        figure,
        "Gaps and what was filled in",
        words,
        wide=True,
        alt=f"{len(plots)} channel(s) over time with hidden gaps of {gap} steps, their fills and bands of 90 %.",
    )
