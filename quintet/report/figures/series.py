"""Figures of series: rows whose cells are steps, drawn as curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from quintet.report.figures.canvas import HALF, across, empty_figure, full_width, plot, styled
from quintet.report.figures.palettes import FILL, INK, MUTED, Palette, get_palette

Array = NDArray[Any]
Colours = str | Sequence[str] | Palette
POINTS = 240
"""Most points of a curve that are drawn."""


@dataclass(frozen=True)
class Curves:
    """A small plot: its title, curves {name: rows (k, steps)}, and which steps are shaded, (steps,)."""

    title: str
    lines: Mapping[str, Array]
    shaded: Array | None = None


def _styles(colours: Palette) -> dict[str, dict[str, Any]]:
    """How each kind of curve is drawn, by its name."""
    model = {"color": colours.test, "linewidth": 1.3}
    real = {"color": MUTED, "linewidth": 1.0}
    return {
        "row": real,
        "real window": real,
        "clean": real,
        "noisy": {"color": colours.strange, "linewidth": 0.7, "alpha": 0.7},
        "reconstruction": model,
        "denoised": model,
        "imputed mean": model,
        "new row": model,
        "new window": model,
        "draws": {"color": colours.test, "linewidth": 0.7, "alpha": 0.5},
        "most surprising steps": {"color": colours.strange, "linewidth": 2.2, "marker": ".", "markersize": 4},
    }


@styled
def curve_grid(
    plots: Sequence[Curves],
    wide: int = 4,
    title_size: float = 8.0,
    palette: Colours = "petroff",
    groups: int | None = None,
) -> Figure:
    """Small plots of curves with one legend, on one scale; ``groups``: so many neighbouring plots each on a scale of
    their own."""
    colours = get_palette(palette)
    styles, axes, figure = _styles(colours), *_axes(len(plots), wide, one_scale=groups is None)
    for box, each in zip(axes, plots, strict=False):
        if each.shaded is not None:
            _shade(box, each.shaded)
        for name, rows in each.lines.items():
            for row in np.atleast_2d(rows):
                box.plot(*thinned(row), **styles[name])
        box.set_title(each.title, fontsize=title_size)
    size = groups or max(len(plots), 1)
    for first in range(0, len(plots), size):
        some = plots[first : first + size]
        _one_scale(axes[first : first + len(some)], [rows for each in some for rows in each.lines.values()])
    names = dict.fromkeys(name for each in plots for name in each.lines)
    handles = [Line2D([], [], **styles[name]) for name in names]
    words = list(names)
    if any(each.shaded is not None for each in plots):
        handles.append(Line2D([], [], color=FILL, linewidth=6))
        words.append("hidden steps")
    if len(words) > 1:
        figure.legend(handles, words, loc="outside upper center", ncols=across(4, len(words)))
    return figure


@styled
def path_curves(
    paths: Array, titles: Sequence[str], ends: tuple[str, str], wide: int = 3, palette: Colours = "petroff"
) -> Figure:
    """Rows along paths, (paths, points, steps): one small plot a path, its curves coloured from the first to the last.

    ``ends`` are the names of the first and of the last curve in the legend.
    """
    shades = graded(palette, paths.shape[1])
    axes, figure = _axes(len(paths), wide)
    for number, (box, path) in enumerate(zip(axes, paths, strict=False)):
        for row, shade in zip(path, shades, strict=True):
            box.plot(*thinned(row), color=shade, linewidth=1.0)
        box.set_title(titles[number] if number < len(titles) else "", fontsize=8)
    _one_scale(axes[: len(paths)], [paths])
    handles = [Line2D([], [], color=shades[k]) for k in (0, -1)]
    figure.legend(handles, list(ends), loc="outside upper center", ncols=2)
    return figure


@styled
def plane_curves(grid: Array, ticks: Array, names: tuple[str, str], palette: Colours = "petroff") -> Figure:
    """Decoded rows over a plane of two latents, (k, k, steps): curves at five by five of its points."""
    colours = get_palette(palette)
    size = len(grid)
    chosen = np.unique(np.linspace(0, size - 1, min(size, 5)).round().astype(int))
    width = full_width()
    figure = empty_figure(width, 0.6 * width)
    boxes = figure.subplots(len(chosen), len(chosen), squeeze=False, sharex=True, sharey=True)
    for i, line in zip(chosen, boxes, strict=True):
        for j, box in zip(chosen, line, strict=True):
            box.plot(*thinned(grid[i, j]), color=colours.test, linewidth=1.0)
            box.set_xticks([])
            box.set_yticks([])
        line[0].set_ylabel(f"{ticks[size - 1 - i]:.1f}".replace("-", "−"), fontsize=8)
    for j, box in zip(chosen, boxes[-1], strict=True):
        box.set_xlabel(f"{ticks[j]:.1f}".replace("-", "−"), fontsize=8)
    _limits(boxes.ravel().tolist(), [grid])
    figure.supxlabel(names[0], fontsize=8.5, color=MUTED)
    figure.supylabel(names[1], fontsize=8.5, color=MUTED)
    return figure


@styled
def bands(real: Array, new: Array, palette: Colours = "petroff") -> Figure:
    """The middle nine tenths and the median of each step, of real rows filled, of new rows as lines."""
    colours = get_palette(palette)
    figure, axes = plot(HALF, 3.0)
    steps = np.arange(1, real.shape[1] + 1)
    low, middle, high = np.nanquantile(real, [0.05, 0.5, 0.95], axis=0)
    axes.fill_between(steps, low, high, color=FILL, linewidth=0, label="real, middle 90 %")
    axes.plot(steps, middle, color=INK, linewidth=1.2, label="real, median")
    for share, name in ((0.05, "new, middle 90 %"), (0.95, ""), (0.5, "new, median")):
        style = {"linewidth": 1.6} if share == 0.5 else {"linewidth": 1.0, "linestyle": (0, (3, 1.5))}
        values = np.nanquantile(new, share, axis=0)
        axes.plot(steps, values, color=colours.test, label=name or None, **style)
    axes.set_xlabel("step")
    axes.set_ylabel("value")
    figure.legend(loc="outside upper center", ncols=2)
    return figure


@styled
def by_step(values: Array, ylabel: str, palette: Colours = "petroff") -> Figure:
    """One figure for each step, as a curve from 0 to 1 or as far below as it goes."""
    figure, axes = plot(HALF, 3.0)
    axes.plot(np.arange(1, len(values) + 1), values, color=get_palette(palette).test)
    axes.set_ylim(min(0.0, float(np.nanmin(values, initial=0))), 1.02)
    axes.set_xlabel("step")
    axes.set_ylabel(ylabel)
    axes.grid(axis="y")
    return figure


def graded(palette: Colours, count: int) -> list[str]:
    """Colours from that of normal rows through grey to that of strange rows."""
    colours = get_palette(palette)
    shades = LinearSegmentedColormap.from_list("graded", [colours.test, MUTED, colours.strange])
    return [to_hex(shades(place)) for place in np.linspace(0, 1, count)]


def thinned(row: Array) -> tuple[Array, Array]:
    """Steps and values of a curve; of long ones the lowest and the highest value of each piece, so that peaks stay."""
    row = np.asarray(row, dtype=float).reshape(-1)
    steps = np.arange(1, len(row) + 1)
    if len(row) <= POINTS:
        return steps, row
    pieces = np.array_split(np.arange(len(row)), POINTS // 2)
    ends = [(p[0] + int(np.argmin(row[p])), p[0] + int(np.argmax(row[p]))) for p in pieces]
    keep = np.unique(np.array(ends).ravel())
    return steps[keep], row[keep]


def _axes(count: int, wide: int, one_scale: bool = True) -> tuple[list[Axes], Figure]:
    """Small axes for ``count`` plots."""
    columns = across(wide, count)
    lines = -(-count // columns)
    figure = empty_figure(full_width(), 0.7 + 1.35 * lines)
    boxes: list[Axes] = figure.subplots(lines, columns, squeeze=False, sharex=True, sharey=one_scale).ravel().tolist()
    for box in boxes[count:]:
        box.set_visible(False)
    figure.supxlabel("step", fontsize=8.5, color=MUTED)
    return boxes, figure


def _one_scale(boxes: Sequence[Axes], rows: Sequence[Array]) -> None:
    _limits(boxes, rows)
    for box in boxes:
        box.tick_params(labelsize=7)
        box.locator_params(axis="both", nbins=4)


def _limits(boxes: Sequence[Axes], rows: Sequence[Array]) -> None:
    """Limits that hold all but one in a thousand of the values."""
    values = np.concatenate([np.asarray(each, dtype=float).ravel() for each in rows])
    values = values[np.isfinite(values)]
    low, high = np.quantile(values, [0.001, 0.999]) if len(values) else (0.0, 1.0)
    room = 0.06 * (high - low) or 0.5
    for box in boxes:
        box.set_ylim(low - room, high + room)


def _shade(box: Axes, hidden: Array) -> None:
    """Grey behind the runs of hidden steps."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], np.asarray(hidden, dtype=bool), [False]]).astype(int)))
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        box.axvspan(first + 0.5, last + 0.5, color=FILL, alpha=0.35, linewidth=0)
