"""Figures of the distributions of a table's columns, real beside new rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from quintet.report.figures.canvas import across, empty_figure, full_width, is_narrow, shortened, styled
from quintet.report.figures.palettes import FILL, Palette, get_palette

Array = NDArray[Any]
Colours = str | Sequence[str] | Palette
BARS = 24
"""Most bars of a histogram."""
LEVELS = 6
"""Levels of a column with a bar of their own."""


@dataclass(frozen=True)
class Numbers:
    """A column of numbers or times: its name, the real and the new values, their step (0: none), and their text."""

    name: str
    real: Array
    new: Array
    step: float
    text: Callable[[float], str]


@dataclass(frozen=True)
class Shares:
    """A column of levels: its name, and the levels with their shares in real and in new rows."""

    name: str
    levels: Sequence[str]
    real: Array
    new: Array


@styled
def number_histograms(columns: Sequence[Numbers], palette: Colours = "petroff") -> Figure:
    """A small histogram for each column: real rows filled, new rows as outlines; ends hold what lies beyond."""
    colours = get_palette(palette)
    figure, boxes = _grid(len(columns), 4, 1.3)
    for axes, column in zip(boxes, columns, strict=False):
        edges = _edges(column)
        for values, style in (
            (column.real, {"color": FILL, "label": "real"}),
            (column.new, {"histtype": "step", "color": colours.test, "label": "new", "linewidth": 1.2}),
        ):
            clipped = np.clip(values, edges[0], np.nextafter(edges[-1], edges[0]))
            weights = np.full(len(values), 1 / max(len(values), 1))
            axes.hist(clipped, edges.tolist(), weights=weights, **style)
        axes.set_title(shortened(column.name, 24), fontsize=8)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        _end_labels(axes, edges, column.text)
    _legend(figure, boxes)
    return figure


@styled
def level_bars(columns: Sequence[Shares], palette: Colours = "petroff") -> Figure:
    """Shares of the levels of each column: real rows as bars, new rows as marks."""
    colours = get_palette(palette)
    figure, boxes = _grid(len(columns), 3, 1.45)
    letters = 12 if is_narrow() else 17
    for axes, column in zip(boxes, columns, strict=False):
        place = np.arange(len(column.levels))[::-1]
        axes.barh(place, column.real, color=FILL, height=0.72, label="real")
        axes.plot(column.new, place, "|", color=colours.test, markersize=9, markeredgewidth=2, label="new")
        axes.set_yticks(place, [shortened(level, letters) for level in column.levels], fontsize=7)
        axes.set_ylim(-0.6, max(len(place) - 0.4, 2.6))
        most = max(float(np.max(column.real, initial=0)), float(np.max(column.new, initial=0)), 0.01)
        axes.set_xlim(0, 1.08 * most)
        axes.set_xticks([0, most], ["0", f"{100 * most:.0f} %"], fontsize=7)
        axes.tick_params(length=0)
        axes.set_title(shortened(column.name, 20), fontsize=8)
    _legend(figure, boxes)
    return figure


def _grid(count: int, most: int, high: float) -> tuple[Figure, list[Axes]]:
    """A figure with small axes for ``count`` columns, at most ``most`` side by side."""
    wide = across(most)
    lines = max(1, -(-count // wide))
    figure = empty_figure(full_width(), 0.4 + high * lines)
    boxes = figure.subplots(lines, wide, squeeze=False).ravel().tolist()
    for axes in boxes[count:]:
        axes.set_visible(False)
    return figure, boxes


def _legend(figure: Figure, boxes: Sequence[Axes]) -> None:
    handles, labels = boxes[0].get_legend_handles_labels()
    order = sorted(range(len(labels)), key=lambda number: labels[number] == "new")
    figure.legend([handles[k] for k in order], [labels[k] for k in order], loc="outside upper right", ncols=2)


def _edges(column: Numbers) -> Array:
    """Edges of the bars between the 0.5 % quantiles of the real values; bars of discrete columns hold whole steps."""
    real = column.real if len(column.real) else np.zeros(1)
    low, high = (float(q) for q in np.quantile(real, [0.005, 0.995])) if len(real) > 50 else (real.min(), real.max())
    if column.step > 0:
        steps = max(1, -(-round((high - low) / column.step + 1) // BARS)) * column.step
        count = int(np.floor((high - low) / steps)) + 1
        return np.asarray(low - column.step / 2 + steps * np.arange(count + 1))
    return np.linspace(low, high if high > low else low + 1, BARS + 1)


def _end_labels(axes: Axes, edges: Array, text: Callable[[float], str]) -> None:
    """The values at both ends, aligned with them so that they do not run into neighbours."""
    axes.set_xticks([edges[0], edges[-1]], [text(float(edges[0])), text(float(edges[-1]))], fontsize=7)
    first, last = axes.get_xticklabels()
    first.set_horizontalalignment("left")
    last.set_horizontalalignment("right")
    axes.tick_params(length=0)
