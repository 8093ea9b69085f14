"""Figures of table rows: scatter plots, heat strips, histograms and curves."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

from quintet.report.figures.canvas import HALF, across, empty_figure, full_width, is_narrow, plot, styled
from quintet.report.figures.features import flat_rows, most_spread, short_names, standardised_like
from quintet.report.figures.images import diverging
from quintet.report.figures.palettes import FILL, MUTED, Palette, get_palette

Array = NDArray[Any]
Colours = str | Sequence[str] | Palette


@styled
def scatter_pairs(truth: Array, answer: Array, xlabel: str, ylabel: str, palette: Colours = "petroff") -> Figure:
    """Predicted against true cells in standard deviations of their feature, with R²."""
    colours = get_palette(palette)
    x, y = standardised_like(truth, truth).ravel(), standardised_like(answer, truth).ravel()
    seen = np.isfinite(x) & np.isfinite(y)
    x, y = x[seen], y[seen]
    figure, axes = plot(HALF, 3.8)
    if len(x):
        spread = float(((x - x.mean()) ** 2).sum())
        r2 = 1 - float(((x - y) ** 2).sum()) / spread if spread > 0 else float("nan")
        keep = np.linspace(0, len(x) - 1, min(len(x), 3000)).astype(int)
        low, high = float(np.quantile(x, 0.001)), float(np.quantile(x, 0.999))
        axes.plot([low, high], [low, high], color=MUTED, linewidth=0.8)
        axes.scatter(x[keep], y[keep], s=6, color=colours.test, alpha=0.35, linewidths=0)
        room = 0.1 * (high - low) + 1e-3
        axes.set_xlim(low - room, high + room)
        axes.set_ylim(low - room, high + room)
        axes.set_title(f"R² {r2:.2f} over {len(x):,} cells")
    axes.set_xlabel(f"{xlabel}, standard deviations")
    axes.set_ylabel(f"{ylabel}, standard deviations")
    return figure


@styled
def heat_strips(
    strips: Sequence[tuple[str, Array]],
    names: Sequence[str] | None = None,
    limit: float | None = None,
    row_names: Sequence[str] | None = None,
    colours: Colormap | None = None,
    unit: str = "standard deviations",
    palette: Colours = "petroff",
) -> Figure:
    """Blocks of rows as heat maps with one colour scale: one line per row, one column per feature."""
    chosen = get_palette(palette)
    map_ = colours or diverging(chosen.test, chosen.strange)
    blocks = [flat_rows(block) for _, block in strips]
    features = blocks[0].shape[1]
    reach = limit or max(float(np.nanquantile(np.abs(b), 0.98)) for b in blocks) or 1.0
    high = min(7.0, 1.1 + 0.16 * len(blocks[0]) + (0.5 if features <= 40 else 0))
    down = len(blocks) if is_narrow() else 1
    figure = empty_figure(full_width(), high * down)
    grid = figure.subplots(down, len(blocks) // down, sharey=True, squeeze=False).ravel().tolist()
    image = None
    for axes, (title, _), block in zip(grid, strips, blocks, strict=True):
        low = 0.0 if colours is not None else -reach
        image = axes.imshow(block, aspect="auto", cmap=map_, vmin=low, vmax=reach, interpolation="none")
        image.set_gid("flip-strip")
        axes.set_title(title)
        axes.set_yticks([])
        if features <= 40:
            labels = short_names(features, names)
            turned = 90 if max(map(len, labels)) > 3 else 0
            axes.set_xticks(range(features), labels, rotation=turned, fontsize=6.5)
        axes.tick_params(length=0)
    if row_names is not None:
        grid[0].set_yticks(range(len(row_names)), list(row_names), fontsize=7)
    assert image is not None
    bar = figure.colorbar(image, ax=list(grid), shrink=0.8, aspect=30, pad=0.01)
    bar.outline.set_visible(False)
    if bar.solids is not None:
        bar.solids.set_gid("flip-bar")
    bar.set_label(unit)
    return figure


@styled
def marginal_histograms(
    real: Array, drawn: Array, names: Sequence[str] | None = None, palette: Colours = "petroff"
) -> Figure:
    """Histograms of up to eight features: real rows filled, generated rows as outlines."""
    colours = get_palette(palette)
    real, drawn = flat_rows(real), flat_rows(drawn)
    shown = most_spread(real, 8)
    columns = across(4, len(shown))
    lines = -(-len(shown) // columns)
    figure = empty_figure(full_width(), 0.5 + 1.45 * lines)
    grid = figure.subplots(lines, columns, squeeze=False).ravel()
    titles = short_names(real.shape[1], names)
    for axes, feature in zip(grid, shown, strict=False):
        x, y = (v[np.isfinite(v)] for v in (real[:, feature], drawn[:, feature]))
        both = np.concatenate([x, y])
        ends = [0.002, 0.998] if len(both) > 100 else [0.0, 1.0]
        low, high = (float(q) for q in np.quantile(both, ends)) if len(both) else (0.0, 1.0)
        edges = np.linspace(low, high if high > low else low + 1, 25)
        shares = [np.full(len(v), 1 / max(len(v), 1)) for v in (x, y)]
        axes.hist(x, edges.tolist(), weights=shares[0], color=FILL, label="real")
        axes.hist(y, edges.tolist(), weights=shares[1], histtype="step", color=colours.test, label="generated")
        axes.set_title(titles[feature], fontsize=8.5)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
    for axes in grid[len(shown) :]:
        axes.set_visible(False)
    handles, labels = grid[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=2)
    return figure


@styled
def path_lines(
    paths: Array,
    names: Sequence[str] | None = None,
    like: Array | None = None,
    titles: Sequence[str] = (),
    xlabel: str = "from the first row to the second",
    palette: Colours = "petroff",
) -> Figure:
    """Features along paths (paths, steps, features), one small plot per path, in standard deviations."""
    colours = get_palette(palette)
    paths = np.asarray(paths, dtype=float)
    paths = paths.reshape(*paths.shape[:2], -1)
    base = flat_rows(like) if like is not None else paths.reshape(-1, paths.shape[-1])
    scaled = np.stack([standardised_like(p, base) for p in paths])
    shown = most_spread(scaled.reshape(-1, scaled.shape[-1]), 6)
    columns = across(3, len(paths))
    lines = -(-len(paths) // columns)
    figure = empty_figure(full_width(), 0.6 + 1.6 * lines)
    grid = figure.subplots(lines, columns, squeeze=False, sharex=True, sharey=True)
    labels = short_names(scaled.shape[-1], names)
    for i, axes in enumerate(grid.ravel()):
        if i >= len(paths):
            axes.set_visible(False)
            continue
        for j, feature in enumerate(shown):
            axes.plot(np.linspace(0, 1, paths.shape[1]), scaled[i, :, feature], color=colours.label(j))
        axes.set_title(titles[i] if i < len(titles) else "", fontsize=8.5)
        axes.set_xticks([])
    handles = grid[0, 0].get_lines()
    names_shown = [labels[f] for f in shown]
    if is_narrow():
        figure.legend(handles, names_shown, loc="outside upper center", ncols=3, fontsize=7.5)
    else:
        figure.legend(handles, names_shown, loc="outside right upper", fontsize=7.5)
    figure.supxlabel(xlabel, fontsize=8.5, color=MUTED)
    figure.supylabel("standard deviations", fontsize=8.5, color=MUTED)
    return figure


@styled
def plane_maps(grid: Array, ticks: Array, names: Sequence[str] | None = None, palette: Colours = "petroff") -> Figure:
    """Up to six features over a plane of two latents: decoded rows (k, k, features) as small maps."""
    chosen = get_palette(palette)
    values = np.asarray(grid, dtype=float)
    values = values.reshape(*values.shape[:2], -1)
    shown = most_spread(values.reshape(-1, values.shape[-1]), 6)
    columns = across(3, len(shown))
    lines = -(-len(shown) // columns)
    figure = empty_figure(full_width(), 0.3 + 2.1 * lines)
    titles = short_names(values.shape[-1], names)
    reach = float(np.max(np.abs(ticks)))
    boxes = figure.subplots(lines, columns, squeeze=False).ravel()
    for axes, feature in zip(boxes, shown, strict=False):
        plane = values[..., feature]
        middle, spread = float(plane.mean()), float(np.abs(plane - plane.mean()).max()) or 1.0
        image = axes.imshow(
            plane,
            cmap=diverging(chosen.test, chosen.strange),
            vmin=middle - spread,
            vmax=middle + spread,
            extent=(-reach, reach, -reach, reach),
            interpolation="none",
        )
        image.set_gid("flip-plane")
        axes.set_title(f"{titles[feature]}  {plane.min():.3g} to {plane.max():.3g}", fontsize=8.5)
    for axes in boxes[len(shown) :]:
        axes.set_visible(False)
    return figure
