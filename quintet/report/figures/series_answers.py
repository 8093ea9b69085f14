"""Figures of the answers about series: fills and forecasts with their bands, and how new windows compare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib import dates
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from quintet.report.figures.canvas import HALF, empty_figure, full_width, is_narrow, plot, styled
from quintet.report.figures.palettes import FILL, INK, MUTED, Palette, get_palette

Array = NDArray[Any]
Colours = str | Sequence[str] | Palette


@dataclass(frozen=True)
class Answered:
    """One channel over time: all (steps,); what was seen, what was hidden, and the answer where there is one.

    ``noisy``: what was given in place of ``seen``, or None; ``low`` and ``high`` None without bands.
    """

    title: str
    times: Array
    seen: Array
    hidden: Array
    answer: Array
    low: Array | None = None
    high: Array | None = None
    noisy: Array | None = None


@styled
def answered(
    plots: Sequence[Answered], answer: str, hidden: str, band: str = "", palette: Colours = "petroff"
) -> Figure:
    """Channels below each other: seen steps dark, hidden ones dotted, the answer in colour with its band."""
    colours = get_palette(palette)
    high = 1.5 if len(plots) > 1 else 2.3
    figure = empty_figure(full_width(), 0.5 + high * len(plots))
    for box, each in zip(figure.subplots(len(plots), 1, squeeze=False)[:, 0], plots, strict=True):
        if each.noisy is not None:
            box.plot(each.times, each.noisy, color=colours.strange, linewidth=0.6, alpha=0.7, label="with noise")
        box.plot(each.times, each.seen, color=INK, linewidth=1.0, label="observed")
        if np.isfinite(each.hidden).any():
            box.plot(each.times, each.hidden, color=MUTED, linewidth=1.2, linestyle=(0, (1.2, 1.2)), label=hidden)
        if each.low is not None and each.high is not None:
            box.fill_between(each.times, each.low, each.high, color=colours.test, alpha=0.25, linewidth=0, label=band)
        box.plot(each.times, each.answer, color=colours.test, linewidth=1.5, label=answer)
        box.set_title(each.title, fontsize=8.5)
        box.grid(axis="y")
        box.locator_params(axis="y", nbins=4)
        date_ticks(box, each.times)
    handles, names = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", ncols=2 if is_narrow() else 4)
    return figure


def date_ticks(box: Axes, times: Array) -> None:
    """Short labels of dates under the axes; steps are named."""
    if np.asarray(times).dtype.kind == "M":
        untyped: Any = dates
        locator = untyped.AutoDateLocator(minticks=2, maxticks=5 if is_narrow() else 8)
        box.xaxis.set_major_locator(locator)
        box.xaxis.set_major_formatter(untyped.ConciseDateFormatter(locator))
    else:
        box.set_xlabel("step")


@styled
def autocorrelations(real: Array, new: Array, period: int | None, palette: Colours = "petroff") -> Figure:
    """The autocorrelation of real and of new windows by the lag in steps, (lags,) each."""
    colours = get_palette(palette)
    figure, axes = plot(HALF, 3.0)
    lags = np.arange(len(real))
    axes.plot(lags, real, color=INK, linewidth=1.2, label="real windows")
    axes.plot(lags, new, color=colours.test, label="new windows")
    if period is not None and period < len(real):
        axes.axvline(period, color=FILL, linewidth=0.8, linestyle=(0, (3, 2)))
        axes.text(period, 1.0, " period", color=MUTED, fontsize=7.5, va="top")
    axes.set_xlabel("lag, steps")
    axes.set_ylabel("autocorrelation")
    axes.grid(axis="y")
    figure.legend(loc="outside upper center", ncols=2)
    return figure


@styled
def value_quantiles(
    real: Sequence[Array], new: Sequence[Array], names: Sequence[str], palette: Colours = "petroff"
) -> Figure:
    """Quantiles of the values of each channel, real against new, in standard deviations from the real mean."""
    colours = get_palette(palette)
    figure, axes = plot(HALF, 3.0)
    shares = np.linspace(0.005, 0.995, 100)
    limits = [0.0]
    for j, (a, b, name) in enumerate(zip(real, new, names, strict=True)):
        a, b = a[np.isfinite(a)], b[np.isfinite(b)]
        spread = a.std() + 1e-12
        x, y = ((np.quantile(each, shares) - a.mean()) / spread for each in (a, b))
        axes.plot(x, y, color=colours.label(j), linewidth=1.3, label=name)
        limits += [*x[[0, -1]], *y[[0, -1]]]
    ends = [min(limits), max(limits)]
    axes.plot(ends, ends, color=MUTED, linewidth=0.7, linestyle=(0, (3, 2)))
    axes.set_xlabel("quantiles of real steps, sd")
    axes.set_ylabel("of new steps, sd")
    axes.grid()
    if len(names) > 1:
        axes.legend(fontsize=7.5)
    return figure
