"""Figures of denoising: noisy and denoised rows, and error against the noise rate."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator
from numpy.typing import NDArray

from quintet.report.figures import features, tables
from quintet.report.figures.canvas import HALF, plot, styled
from quintet.report.figures.gallery import gallery
from quintet.report.figures.images import drawn_in_ink, is_picture, pixels, value_range
from quintet.report.figures.palettes import MUTED, Palette, get_palette
from quintet.report.figures.reflow import Line

Array = NDArray[Any]
Colours = str | Sequence[str] | Palette


def replace_uniformly(rows: Array, share: float, limits: tuple[float, float], seed: int = 0) -> Array:
    """Replace each cell with probability ``share`` by a uniform value within ``limits``."""
    rows = np.asarray(rows)
    draw = np.random.default_rng(seed)
    values: Array
    if rows.dtype.kind in "iub":
        values = draw.integers(int(limits[0]), int(limits[1]) + 1, rows.shape)
    else:
        values = draw.uniform(limits[0], limits[1], rows.shape)
    return np.where(draw.random(rows.shape) < share, values.astype(rows.dtype), rows)


def replace_within_features(rows: Array, share: float, seed: int = 0) -> Array:
    """Replace each cell of a table with probability ``share`` by a uniform value of its feature's range."""
    rows = np.asarray(rows)
    low, high = np.nanmin(rows, axis=0), np.nanmax(rows, axis=0)
    draw = np.random.default_rng(seed)
    values = draw.uniform(low, high, rows.shape)
    values = np.round(values) if rows.dtype.kind in "iub" else values
    return np.where(draw.random(rows.shape) < share, values.astype(rows.dtype), rows)


def mean_psnr(truth: Array, answer: Array, limits: tuple[float, float]) -> float:
    """Mean over rows of the peak signal-to-noise ratio 10 log10(range² / mean squared error), dB."""
    gap = np.asarray(answer, dtype=float) - np.asarray(truth, dtype=float)
    error = (gap.reshape(len(gap), -1) ** 2).mean(1)
    peak = (limits[1] - limits[0]) ** 2
    return float((10 * np.log10(peak / np.maximum(error, 1e-6 * peak))).mean())


def median_of_pictures(rows: Array) -> Array:
    """The 3×3 median of every pixel of pictures (n, H, W) or (n, H, W, C): the baseline."""
    from scipy.ndimage import median_filter as median

    size = (1, 3, 3) + (1,) * (rows.ndim - 3)
    return np.asarray(median(rows, size=size, mode="nearest"))


@styled
def noisy_against_denoised(
    clean: Array,
    answers: Mapping[float, tuple[Array, Array]],
    limits: tuple[float, float] | None = None,
    names: Sequence[str] | None = None,
    palette: Colours = "petroff",
) -> Figure:
    """Clean rows (n, *row), then noisy and denoised rows for each share of replaced cells."""
    clean = np.asarray(clean)
    if not is_picture(clean.shape[1:]):
        share, (noisy, denoised) = list(answers.items())[len(answers) // 2]
        scaled = [features.standardised_like(rows, clean) for rows in (clean, noisy, denoised)]
        titles = ("clean", f"{100 * share:.0f} % of cells replaced", "denoised")
        return tables.heat_strips(list(zip(titles, scaled, strict=True)), names, limit=2.5, palette=palette)
    limits, ink = limits or value_range(clean), drawn_in_ink(clean)
    lines: list[Line | None] = [("clean", pixels(clean, limits, ink)), None]
    for share, (noisy, denoised) in answers.items():
        lines += [
            (f"{100 * share:.0f} % replaced", pixels(noisy, limits, ink)),
            ("denoised", pixels(denoised, limits, ink)),
            None,
        ]
    return gallery(lines[:-1], ink=ink)


@styled
def denoising_quality(
    shares: Sequence[float],
    scores: Mapping[str, Sequence[float]],
    ylabel: str = "PSNR, dB (higher is better)",
    palette: Colours = "petroff",
) -> Figure:
    """Quality against the share of replaced cells, one line per method; the first of ``scores`` is quintet."""
    colours = get_palette(palette)
    figure, axes = plot(HALF, 3.2)
    for i, (name, values) in enumerate(scores.items()):
        colour = (colours.test, colours.strange, MUTED)[min(i, 2)]
        axes.plot(shares, values, "o-" if i == 0 else "o--", color=colour, markersize=4, label=name)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(list(shares)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticklabels([f"{100 * s:.0f} %" for s in shares])
    axes.set_xlabel("share of cells replaced")
    axes.set_ylabel(ylabel)
    axes.grid(axis="y")
    axes.legend()
    return figure
