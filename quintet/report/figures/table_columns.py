"""Figures of the columns of a table: distributions, associations, bits, distances, and what latents do to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from quintet.report.figures.canvas import FULL, HALF, empty_figure, plot, styled
from quintet.report.figures.images import diverging, sequential
from quintet.report.figures.palettes import MUTED, RULE, Palette, get_palette

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


def shortened(text: str, most: int) -> str:
    """Text of at most ``most`` characters, in one line."""
    text = " ".join(str(text).split())
    return text if len(text) <= most else text[: most - 1] + "…"


@styled
def number_histograms(columns: Sequence[Numbers], palette: Colours = "petroff") -> Figure:
    """A small histogram for each column: real rows filled, new rows as outlines; ends hold what lies beyond."""
    colours = get_palette(palette)
    figure, boxes = _grid(len(columns), 4, 1.3)
    for axes, column in zip(boxes, columns, strict=False):
        edges = _edges(column)
        for values, style in (
            (column.real, {"color": RULE, "label": "real"}),
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
    for axes, column in zip(boxes, columns, strict=False):
        place = np.arange(len(column.levels))[::-1]
        axes.barh(place, column.real, color=RULE, height=0.72, label="real")
        axes.plot(column.new, place, "|", color=colours.test, markersize=9, markeredgewidth=2, label="new")
        axes.set_yticks(place, [shortened(level, 17) for level in column.levels], fontsize=7)
        axes.set_ylim(-0.6, max(len(place) - 0.4, 2.6))
        most = max(float(np.max(column.real, initial=0)), float(np.max(column.new, initial=0)), 0.01)
        axes.set_xlim(0, 1.08 * most)
        axes.set_xticks([0, most], ["0", f"{100 * most:.0f} %"], fontsize=7)
        axes.tick_params(length=0)
        axes.set_title(shortened(column.name, 20), fontsize=8)
    _legend(figure, boxes)
    return figure


@styled
def association_maps(
    maps: Sequence[tuple[str, Array]], names: Sequence[str], limit: float = 1.0, palette: Colours = "petroff"
) -> Figure:
    """Matrices (columns, columns) side by side on one colour scale, from -limit to limit."""
    colours = get_palette(palette)
    labels, size = [shortened(name, 18) for name in names], 6.5 if len(names) <= 20 else 5.0
    figure = empty_figure(FULL, 3.1 + 0.035 * len(names))
    grid = figure.subplots(1, len(maps), sharey=True, squeeze=False)[0]
    image = None
    for axes, (title, matrix) in zip(grid, maps, strict=True):
        shades = diverging(colours.test, colours.strange)
        image = axes.imshow(matrix, cmap=shades, vmin=-limit, vmax=limit, interpolation="none")
        image.set_gid("flip-map")
        axes.set_title(title)
        axes.set_xticks(range(len(labels)), labels, rotation=90, fontsize=size)
        axes.set_yticks(range(len(labels)), labels, fontsize=size)
        axes.tick_params(length=0)
    assert image is not None
    _colour_bar(figure, image, list(grid), "association")
    return figure


@styled
def bar_list(bars: Mapping[str, float], xlabel: str, form: str = "{:.1f}", palette: Colours = "petroff") -> Figure:
    """A bar for each name, in the given order from the top."""
    colours = get_palette(palette)
    figure, axes = plot(HALF, 0.8 + 0.2 * len(bars))
    place, values = np.arange(len(bars))[::-1], list(bars.values())
    axes.barh(place, values, color=colours.test, height=0.72)
    for at, value in zip(place, values, strict=True):
        text, where = form.format(value), (max(value, 0), at)
        axes.annotate(text, where, (3, 0), textcoords="offset points", va="center", color=MUTED, fontsize=7.5)
    axes.set_yticks(place, [shortened(name, 26) for name in bars], fontsize=7.5)
    axes.set_ylim(-0.7, len(bars) - 0.3)
    axes.set_xlim(0, 1.16 * max([*values, 1e-9]))
    axes.tick_params(length=0)
    axes.set_xlabel(xlabel)
    return figure


@styled
def distance_curves(
    curves: Sequence[tuple[str, Array]], xlabel: str, ylabel: str = "share of rows", palette: Colours = "petroff"
) -> Figure:
    """Empirical distribution functions: the share of rows at or below each distance."""
    colours = get_palette(palette)
    figure, axes = plot(HALF, 3.0)
    for number, (name, distances) in enumerate(curves):
        x = np.sort(distances)[np.linspace(0, len(distances) - 1, min(len(distances), 300)).astype(int)]
        y = np.linspace(1 / max(len(distances), 1), 1, len(x))
        axes.step(x, y, where="post", color=colours.test if number == 0 else MUTED, label=name)
    axes.set_ylim(0, 1)
    axes.set_xlim(0, max(float(np.max(d, initial=0)) for _, d in curves) or 1.0)
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    axes.legend(loc="lower right")
    return figure


@styled
def effect_maps(
    numbers: Array,
    levels: Array,
    latents: Sequence[str],
    names: tuple[Sequence[str], Sequence[str]],
    palette: Colours = "petroff",
) -> Figure:
    """Effect of each latent (lines) on numbers, in standard deviations, and on levels, as a share of probability.

    Parameters
    ----------
    numbers, levels : (latents, columns) each; a map without columns is left out.
    names : of the columns of both.
    """
    colours = get_palette(palette)
    maps = [
        (numbers, names[0], diverging(colours.test, colours.strange), -1, "standard deviations"),
        (levels, names[1], sequential(colours.test), 0, "probability moved"),
    ]
    maps = [each for each in maps if each[0].shape[1]]
    widths = [max(each[0].shape[1], 4) for each in maps]
    figure = empty_figure(FULL, 2.0 + 0.2 * len(latents))
    grid = figure.subplots(1, len(maps), squeeze=False, width_ratios=widths)[0]
    for number, (axes, (effect, columns, shades, low, unit)) in enumerate(zip(grid, maps, strict=True)):
        top = (float(np.abs(effect).max()) or 1.0) if low else 1.0
        image = axes.imshow(effect, aspect="auto", cmap=shades, vmin=low * top, vmax=top, interpolation="none")
        image.set_gid("flip-effects")
        size = 6.5 if len(columns) <= 20 else 5.0
        axes.set_xticks(range(len(columns)), [shortened(n, 18) for n in columns], rotation=90, fontsize=size)
        axes.set_yticks(range(len(latents)), latents if number == 0 else [""] * len(latents), fontsize=7.5)
        axes.tick_params(length=0)
        _colour_bar(figure, image, [axes], unit)
    return figure


def _grid(count: int, across: int, high: float) -> tuple[Figure, list[Axes]]:
    """A figure with small axes for ``count`` columns."""
    lines = max(1, -(-count // across))
    figure = empty_figure(FULL, 0.4 + high * lines)
    boxes = figure.subplots(lines, across, squeeze=False).ravel().tolist()
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


def _colour_bar(figure: Figure, image: Any, axes: list[Axes], label: str) -> None:
    bar = figure.colorbar(image, ax=axes, shrink=0.8, aspect=30, pad=0.01)
    bar.outline.set_visible(False)
    if bar.solids is not None:
        bar.solids.set_gid("flip-bar")
    bar.set_label(label, fontsize=7.5)
    bar.ax.tick_params(labelsize=7)
