"""Figures of decoded rows: reconstructions, samples, planes of two latents, interpolations and traversals."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from quintet.report.figures import tables
from quintet.report.figures.canvas import HALF, plot, styled
from quintet.report.figures.gallery import gallery
from quintet.report.figures.images import drawn_in_ink, is_picture, pixels, show, tile_pictures, value_range
from quintet.report.figures.palettes import Palette
from quintet.report.figures.reflow import Line

Array = NDArray[Any]
Colours = str | Sequence[str] | Palette
Limits = tuple[float, float]


@styled
def reconstructions(
    x: Array, reconstructed: Array, columns: int = 10, limits: Limits | None = None, palette: Colours = "petroff"
) -> Figure:
    """Rows (n, *row) above their reconstructions; tables as a scatter plot."""
    x, reconstructed = np.asarray(x), np.asarray(reconstructed)
    if not is_picture(x.shape[1:]):
        return tables.scatter_pairs(x, reconstructed, "row", "reconstruction", palette)
    limits = limits or value_range(x)
    ink = drawn_in_ink(x)
    before, after = pixels(x, limits, ink), pixels(reconstructed, limits, ink)
    lines: list[Line | None] = []
    for i in range(0, len(x), columns):
        lines += [("row", before[i : i + columns]), ("reconstruction", after[i : i + columns]), None]
    return gallery(lines[:-1], ink=ink)


@styled
def prior_samples(
    samples: Array,
    real: Array | None = None,
    columns: int = 12,
    names: Sequence[str] | None = None,
    limits: Limits | None = None,
    palette: Colours = "petroff",
    ink: bool | None = None,
) -> Figure:
    """New rows; tables as histograms against the real rows."""
    samples = np.asarray(samples)
    if not is_picture(samples.shape[1:]):
        return tables.marginal_histograms(samples if real is None else real, samples, names, palette)
    limits = limits or value_range(samples)
    ink = _tone(ink, samples)
    drawn = pixels(samples, limits, ink)
    return gallery([("", drawn[i : i + columns]) for i in range(0, len(drawn), columns)], ink=ink)


@styled
def latent_grid(
    grid: Array,
    ticks: Array,
    axis_names: tuple[str, str] = ("latent 1", "latent 2"),
    names: Sequence[str] | None = None,
    limits: Limits | None = None,
    palette: Colours = "petroff",
    ink: bool | None = None,
) -> Figure:
    """Decoded rows over a plane of two latents.

    Parameters
    ----------
    grid : (k, k, *row); the first axis runs down from the highest value of the second latent.
    ticks : the k values of either latent, ascending (evenly spaced, or normal quantiles).
    """
    grid = np.asarray(grid)
    size = len(grid)
    if not is_picture(grid.shape[2:]):
        return tables.plane_maps(grid, np.asarray(ticks), names, palette)
    rows = grid.reshape(size * size, *grid.shape[2:])
    ink = _tone(ink, rows)
    sheet = tile_pictures(pixels(rows, limits or value_range(rows), ink), size, gap=0)
    high, wide = grid.shape[2:4]
    figure, axes = plot(HALF, 0.5 + (HALF - 0.5) * high / wide)
    show(axes, sheet, ink)
    chosen = np.arange(0, size, max(1, (size - 1) // 6))
    labels = [f"{ticks[i]:.1f}".replace("-", "−") for i in chosen]
    axes.set_xticks((chosen + 0.5) * wide - 0.5, labels)
    axes.set_yticks((size - chosen - 0.5) * high - 0.5, labels)
    axes.tick_params(length=0)
    axes.set_xlabel(axis_names[0])
    axes.set_ylabel(axis_names[1])
    return figure


@styled
def morphing(
    paths: Array,
    ends: Sequence[tuple[str, str]] = (),
    names: Sequence[str] | None = None,
    like: Array | None = None,
    limits: Limits | None = None,
    palette: Colours = "petroff",
    ink: bool | None = None,
) -> Figure:
    """Decoded interpolations between pairs of rows, (paths, steps, *row)."""
    paths = np.asarray(paths)
    titles = [f"{a} to {b}" for a, b in ends]
    if not is_picture(paths.shape[2:]):
        return tables.path_lines(paths, names, like, titles, palette=palette)
    rows = paths.reshape(-1, *paths.shape[2:])
    limits, ink = limits or value_range(rows), _tone(ink, rows)
    titles += [""] * (len(paths) - len(titles))
    return gallery([(t, pixels(p, limits, ink)) for t, p in zip(titles, paths, strict=True)], ink=ink)


@styled
def traversals(
    paths: Array,
    values: Array,
    latents: Sequence[int],
    names: Sequence[str] | None = None,
    like: Array | None = None,
    limits: Limits | None = None,
    palette: Colours = "petroff",
    ink: bool | None = None,
) -> Figure:
    """Decoded traversals of single latents from one row, (latents, steps, *row), at the latent's ``values``."""
    paths = np.asarray(paths)
    titles = [f"latent {d + 1}" for d in latents]
    span = f"{values[0]:.0f} to {values[-1]:.0f}".replace("-", "−")
    if not is_picture(paths.shape[2:]):
        return tables.path_lines(paths, names, like, titles, f"the latent, from {span}", palette)
    rows = paths.reshape(-1, *paths.shape[2:])
    limits, ink = limits or value_range(rows), _tone(ink, rows)
    captions = [f"{v:.1f}".replace("-", "−") for v in values]
    lines = [(t, pixels(p, limits, ink)) for t, p in zip(titles, paths, strict=True)]
    return gallery(lines, ink=ink, captions=[captions])


@styled
def by_condition(rows: Array, names: Sequence[str], limits: Limits | None = None, ink: bool | None = None) -> Figure:
    """Generated pictures, one line per condition: (conditions, columns, *row)."""
    rows = np.asarray(rows)
    together = rows.reshape(-1, *rows.shape[2:])
    limits, ink = limits or value_range(together), _tone(ink, together)
    return gallery([(n, pixels(r, limits, ink)) for n, r in zip(names, rows, strict=True)], ink=ink)


def _tone(ink: bool | None, rows: Array) -> bool:
    """``ink`` if given, else decided by the rows."""
    return drawn_in_ink(rows) if ink is None else ink
