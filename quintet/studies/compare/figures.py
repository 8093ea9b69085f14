"""Figures of the study: heat maps, curves over runs, and densities of latents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import gaussian_kde, norm

from quintet.extras import extra
from quintet.report.figures.canvas import FULL, HALF, empty_figure, plot, styled
from quintet.report.figures.palettes import MUTED, Palette, get_palette

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = np.ndarray[Any, Any]


@styled
def heat_map(values: Array, lines: Sequence[str], columns: Sequence[str], xlabel: str, ylabel: str) -> Figure:
    """A heat map of numbers (lines, columns), each written in its cell."""
    figure, axes = plot(HALF, 0.9 + 0.3 * len(lines))
    axes.imshow(values, aspect="auto", cmap="Blues", vmin=0)
    middle = 0.6 * float(np.nanmax(values)) if np.isfinite(values).any() else 0.0
    for (i, j), value in np.ndenumerate(values):
        if np.isfinite(value):
            colour = "#ffffff" if value > middle else "#1c2430"
            axes.text(j, i, f"{value:.3g}".lstrip("0"), ha="center", va="center", fontsize=7.5, color=colour)
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(lines)), lines)
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    axes.tick_params(length=0)
    return figure


@styled
def against_size(
    curves: Mapping[str, Sequence[tuple[int, float, float]]], ylabel: str, palette: str | Palette = "petroff"
) -> Figure:
    """Curves of (latent_dim, mean, standard deviation over the seeds) for each name."""
    colours = get_palette(palette)
    figure, axes = plot(HALF, 3.2)
    for code, (name, points) in enumerate(curves.items()):
        size, mean, spread = (np.array(column, dtype=float) for column in zip(*points, strict=True))
        axes.errorbar(
            size, mean, yerr=spread if spread.any() else None, marker="o", ms=4, color=colours.label(code), label=name
        )
    axes.set_xscale("log")
    sizes = sorted({p[0] for points in curves.values() for p in points})
    axes.set_xticks(sizes, [str(s) for s in sizes])
    axes.minorticks_off()
    axes.set_xlabel("latents")
    axes.set_ylabel(ylabel)
    axes.legend()
    return figure


@styled
def learning(histories: Mapping[str, Sequence[Mapping[str, Any]]], palette: str | Palette = "petroff") -> Figure:
    """Loss of each run against the epoch: training solid, validation dashed."""
    with extra("report", "A figure"):
        from matplotlib.ticker import MaxNLocator

    colours = get_palette(palette)
    figure, axes = plot(HALF, 3.4)
    for code, (name, rows) in enumerate(histories.items()):
        epochs = np.arange(1, len(rows) + 1)
        for key, style in (("loss", "-"), ("val_loss", (0, (3, 1.5)))):
            values = np.array([np.nan if r.get(key) is None else float(r[key]) for r in rows])
            if np.isfinite(values).any():
                axes.plot(epochs, values, ls=style, color=colours.label(code), label=name if key == "loss" else None)
    axes.set_xlabel("epoch")
    axes.set_ylabel("objective, nats per row")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    settled = [r for rows in histories.values() for r in rows[len(rows) // 20 :]]
    finite = [float(r[key]) for r in settled for key in ("loss", "val_loss") if r.get(key) is not None]
    if finite:
        low, high = min(finite), max(finite)
        axes.set_ylim(low - 0.05 * (high - low), low + 1.1 * (high - low))
    axes.legend(title="dashed: validation", title_fontsize=8)
    return figure


@styled
def densities(codes: Mapping[str, Array], shown: int = 6, palette: str | Palette = "petroff") -> Figure:
    """Densities of the latents with the largest standard deviation, one plot per variant, against N(0, 1)."""
    colours = get_palette(palette)
    figure = empty_figure(FULL, 2.3)
    frames: Any = figure.subplots(1, len(codes), sharey=True, squeeze=False)[0]
    for code, (axes, (name, z)) in enumerate(zip(frames, codes.items(), strict=True)):
        _densities_of(axes, z, shown, colours.label(code))
        axes.set_title(name)
    return figure


def _densities_of(axes: Axes, z: Array, shown: int, colour: str) -> None:
    reach = min(12.0, max(4.0, float(np.quantile(np.abs(z), 0.99))))
    ticks = np.linspace(-reach, reach, 200)
    axes.plot(ticks, norm.pdf(ticks), color=MUTED, lw=1, ls=(0, (2, 2)))
    for column in np.argsort(-z.std(0))[:shown]:
        if np.ptp(z[:, column]) > 1e-6:
            axes.plot(ticks, gaussian_kde(z[:, column])(ticks), color=colour, lw=0.9, alpha=0.8)
    axes.set_ylim(0, 1.2)
    axes.set_xlabel("latent")
