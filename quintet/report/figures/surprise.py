"""Figures of anomaly scores: histograms, highest-scoring rows, and heat maps."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from quintet.report.figures import features, tables
from quintet.report.figures.canvas import HALF, full_width, is_narrow, plot, styled
from quintet.report.figures.gallery import gallery
from quintet.report.figures.images import diverging, drawn_in_ink, is_picture, pixels, sequential, value_range
from quintet.report.figures.palettes import PAPER, Palette, get_palette
from quintet.report.figures.reflow import Line

Array = NDArray[Any]
Colours = str | Sequence[str] | Palette
NORMAL = ("train", "test", "held-out", "training", "given", "new")
"""Names of sets of normal rows."""


@styled
def score_histogram(
    scores: Mapping[str, Array],
    xlabel: str,
    marks: Mapping[str, float] | None = None,
    title: str = "",
    wide: bool = False,
    palette: Colours = "petroff",
    of: str = "rows",
) -> Figure:
    """Densities of a score on several sets of rows, with single rows marked by name.

    Parameters
    ----------
    scores : {"train": (n,), "test": (m,), "strange": (k,)}; strange may be missing. Values beyond the ends
        of the axis are counted in the outermost bars.
    marks : {name: score}, written above the bars at their scores.
    of : the noun for the rows.
    """
    colours = get_palette(palette)
    odd = list(scores)[-1] if len(scores) > 1 and list(scores)[-1] not in NORMAL else ""
    shades = {"train": colours.train}
    figure, axes = plot(full_width() if wide else HALF, 3.4 if marks else 3.0)
    low, high, cut = _span(scores, marks)
    edges = np.linspace(low, high, 61 if wide else 46)
    tallest = 0.0
    for name, values in scores.items():
        values = np.clip(values[np.isfinite(values)], low, high)
        if not len(values):
            continue
        colour = colours.strange if name == odd else shades.get(name, colours.test)
        weights = np.full(len(values), 1 / len(values))
        filled = name != "train"
        counts, *_ = axes.hist(
            values,
            edges.tolist(),
            weights=weights,
            histtype="stepfilled" if filled else "step",
            color=colour,
            alpha=0.55 if filled else 1.0,
            label=name,
        )
        tallest = max(tallest, float(np.max(counts)))
    if marks:
        _write_marks(axes, marks, (low, high), tallest, colours.strange, wide and not is_narrow())
    axes.set_xlim(low, high)
    axes.set_xlabel(xlabel + ("\nlast bar: all higher values" if cut else ""))
    axes.set_ylabel(f"share of {of}")
    axes.set_title(title)
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 0.99), ncols=3, handlelength=1.4, borderaxespad=0.2)
    return figure


def _span(scores: Mapping[str, Array], marks: Mapping[str, float] | None) -> tuple[float, float, bool]:
    """Ends of the axis, which cut far tails, and whether values were cut."""
    sets = [v[np.isfinite(v)] for v in scores.values()]
    sets = [v for v in sets if len(v)] or [np.array([0.0, 1.0])]
    low = min(float(np.quantile(v, 0.001)) for v in sets)
    normal = [v for name, v in scores.items() if name in NORMAL and np.isfinite(v).any()] or sets
    main = max(float(np.nanquantile(v, 0.99)) for v in normal)
    top = max(float(v.max()) for v in sets)
    if marks:
        low = min(low, *marks.values())
    body = max(main - low, 1e-9)
    wish = max(float(np.quantile(v, 0.98)) for v in sets)
    high = min(top, max(main, min(wish, low + 5 * body), *(min(v, low + 6 * body) for v in (marks or {}).values())))
    if high <= low:
        high = low + 1.0
    return low, high, bool(top > high * (1 + 1e-9))


def _write_marks(
    axes: Axes, marks: Mapping[str, float], ends: tuple[float, float], tallest: float, colour: str, wide: bool
) -> None:
    """Write names at their scores, stacked upwards where they would overlap."""
    low, high = ends
    spaces = 52 if wide else 32
    levels: dict[int, int] = {}
    for name, score in sorted(marks.items(), key=lambda item: item[1]):
        place = int(np.clip((score - low) / (high - low) * spaces, 0, spaces - 1))
        level = levels.get(place, 0)
        levels[place] = level + 1
        x = low + (place + 0.5) / spaces * (high - low)
        y = tallest * (1.06 + 0.085 * level)
        halo = [withStroke(linewidth=2, foreground=PAPER)]
        axes.text(x, y, name, ha="center", va="bottom", color=colour, weight="bold", path_effects=halo)
    axes.set_ylim(0, tallest * (1.2 + 0.085 * max(levels.values(), default=0)))


@styled
def strangest(
    rows: Array,
    captions: Sequence[str],
    limits: tuple[float, float] | None = None,
    names: Sequence[str] | None = None,
    like: Array | None = None,
    palette: Colours = "petroff",
) -> Figure:
    """The highest-scoring rows (n, *row) in descending order, with captions."""
    rows = np.asarray(rows)
    if not is_picture(rows.shape[1:]):
        scaled = features.standardised_like(rows, rows if like is None else like)
        return tables.heat_strips([("", scaled)], names, row_names=captions, palette=palette)
    ink = drawn_in_ink(rows)
    return gallery([("", pixels(rows, limits or value_range(rows), ink))], ink=ink, captions=[captions])


@styled
def differences(
    x: Array,
    reconstructed: Array,
    where: Array,
    captions: Sequence[str] = (),
    groups: Sequence[tuple[int, str]] = (),
    limits: tuple[float, float] | None = None,
    names: Sequence[str] | None = None,
    palette: Colours = "petroff",
) -> Figure:
    """Rows, reconstructions, differences and heat maps of the surprise, all (n, *row)."""
    x, back, where = np.asarray(x), np.asarray(reconstructed), np.asarray(where, dtype=float)
    colours = get_palette(palette)
    if not is_picture(x.shape[1:]):
        gap = features.standardised_like(x, x) - features.standardised_like(back, x)
        strips = [("row minus reconstruction", gap)]
        return tables.heat_strips(strips, names, row_names=captions or None, palette=palette)
    limits, ink = limits or value_range(x), drawn_in_ink(x)
    gap = x.astype(float) - back.astype(float)
    if gap.ndim == 4:
        gap = gap.mean(-1)
        where = where.sum(-1) if where.ndim == 4 else where
    reach = max(float(np.quantile(np.abs(gap), 0.999)), 1e-9)
    heat = np.maximum(where, 0)
    heat = heat / max(float(np.quantile(heat, 0.98)), 1e-9)
    hues = diverging(colours.test, colours.strange)
    lines: list[Line | None] = [
        ("row", pixels(x, limits, ink)),
        ("reconstruction", pixels(back, limits, ink)),
        ("difference", np.asarray(hues(0.5 + 0.5 * np.clip(gap / reach, -1, 1)))),
        ("where", np.asarray(sequential(colours.strange)(np.clip(heat, 0, 1)))),
    ]
    return gallery(lines, ink=ink, captions=[captions] if captions else (), groups=groups)


@styled
def named_rows(
    rows: Array,
    reconstructed: Array,
    captions: Sequence[str],
    columns: int = 13,
    limits: tuple[float, float] | None = None,
    palette: Colours = "petroff",
) -> Figure:
    """Named anomalous rows, such as letters, above their reconstructions."""
    rows, back = np.asarray(rows), np.asarray(reconstructed)
    if not is_picture(rows.shape[1:]):
        return tables.scatter_pairs(rows, back, "strange row", "reconstruction", palette)
    limits, ink = limits or value_range(rows), drawn_in_ink(rows)
    before, after = pixels(rows, limits, ink), pixels(back, limits, ink)
    lines: list[Line | None] = []
    heads = []
    for i in range(0, len(rows), columns):
        lines += [("row", before[i : i + columns]), ("reconstruction", after[i : i + columns]), None]
        heads.append(list(captions[i : i + columns]))
    return gallery(lines[:-1], ink=ink, captions=heads)
