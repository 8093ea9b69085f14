"""Figures of the columns of a table: associations, bits, distances, and what latents do to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from quintet.report.figures.canvas import HALF, empty_figure, full_width, is_narrow, plot, shortened, styled
from quintet.report.figures.images import diverging, sequential
from quintet.report.figures.palettes import MUTED, Palette, get_palette

Array = NDArray[Any]
Colours = str | Sequence[str] | Palette


@styled
def association_maps(
    maps: Sequence[tuple[str, Array]], names: Sequence[str], limit: float = 1.0, palette: Colours = "petroff"
) -> Figure:
    """Matrices (columns, columns) side by side on one colour scale, from -limit to limit."""
    colours = get_palette(palette)
    labels, size = [shortened(name, 18) for name in names], 6.5 if len(names) <= 20 else 5.0
    down = len(maps) if is_narrow() else 1
    figure = empty_figure(full_width(), (3.1 + 0.035 * len(names)) * down)
    grid = figure.subplots(down, len(maps) // down, sharey=True, squeeze=False).ravel().tolist()
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
    down = len(maps) if is_narrow() else 1
    figure = empty_figure(full_width(), (2.0 + 0.2 * len(latents)) * down)
    ratios = None if is_narrow() else widths
    grid = figure.subplots(down, len(maps) // down, squeeze=False, width_ratios=ratios).ravel().tolist()
    for number, (axes, (effect, columns, shades, low, unit)) in enumerate(zip(grid, maps, strict=True)):
        top = (float(np.abs(effect).max()) or 1.0) if low else 1.0
        image = axes.imshow(effect, aspect="auto", cmap=shades, vmin=low * top, vmax=top, interpolation="none")
        image.set_gid("flip-effects")
        size = 6.5 if len(columns) <= 20 else 5.0
        axes.set_xticks(range(len(columns)), [shortened(n, 18) for n in columns], rotation=90, fontsize=size)
        axes.set_yticks(range(len(latents)), latents if number == 0 or down > 1 else [""] * len(latents), fontsize=7.5)
        axes.tick_params(length=0)
        _colour_bar(figure, image, [axes], unit)
    return figure


def _colour_bar(figure: Figure, image: Any, axes: list[Axes], label: str) -> None:
    bar = figure.colorbar(image, ax=axes, shrink=0.8, aspect=30, pad=0.01)
    bar.outline.set_visible(False)
    if bar.solids is not None:
        bar.solids.set_gid("flip-bar")
    bar.set_label(label, fontsize=7.5)
    bar.ax.tick_params(labelsize=7)
