"""Maps of latent space: principal components with densities, and t-SNE."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from quintet.report.figures.canvas import HALF, bare, empty_figure, plot, shortened, styled
from quintet.report.figures.name_places import medoid, moved_apart
from quintet.report.figures.palettes import INK, MUTED, PAPER, Palette, get_palette
from quintet.report.labels import Labels

Array = NDArray[Any]
Colours = str | Sequence[str] | Palette
TSNE_ROWS = 1000


def tsne(points: Array, seed: int = 0, rows: int = TSNE_ROWS) -> tuple[Array, Array]:
    """A t-SNE map of at most ``rows`` points (van der Maaten and Hinton 2008).

    Returns
    -------
    (map, index) : (m, 2), and the indices of the m rows, sampled with ``seed``.
    """
    from sklearn.manifold import TSNE

    points = np.asarray(points, dtype=np.float32).reshape(len(points), -1)
    index = np.arange(len(points))
    if len(points) > rows:
        index = np.sort(np.random.default_rng(seed).permutation(len(points))[:rows])
    if len(index) < 4:
        return np.zeros((len(index), 2)), index
    chosen = np.nan_to_num(points[index])
    method = TSNE(
        perplexity=min(30.0, (len(index) - 1) / 3),
        init="pca" if chosen.shape[1] > 1 and np.ptp(chosen) > 0 else "random",
        learning_rate="auto",
        max_iter=500,
        random_state=seed,
    )
    return np.asarray(method.fit_transform(chosen)), index


def principal(points: Array) -> tuple[Array, Array]:
    """The first two principal components (n, 2) and the share of variance of each (2,)."""
    points = np.asarray(points, dtype=float).reshape(len(points), -1)
    centred = points - points.mean(0)
    _, values, axes = np.linalg.svd(centred, full_matrices=False)
    share = values**2 / max(float((values**2).sum()), 1e-12)
    plane = centred @ axes[:2].T
    if plane.shape[1] < 2:
        plane, share = np.pad(plane, ((0, 0), (0, 2 - plane.shape[1]))), np.pad(share, (0, 1))
    return plane, share[:2]


def _names_at_centres(axes: Axes, plane: Array, labels: Labels) -> None:
    if labels.codes is None or not len(plane):
        return
    there = [code for code in range(len(labels.names)) if (labels.codes == code).any()]
    names = [shortened(labels.names[code], 16) for code in there]
    centres = np.stack([medoid(plane[labels.codes == code]) for code in there])
    size = 13.0 if all(len(name) < 3 for name in names) else 9.5
    _write_names(axes, plane, centres, names, INK, size)


def _write_names(axes: Axes, plane: Array, places: Array, names: Sequence[str], colour: str, fontsize: float) -> None:
    """Write names at places (n, 2) of a map, moved apart where they would overlap."""
    low, size = plane.min(0), np.ptp(plane, axis=0) + 1e-12
    moved = low + moved_apart((places - low) / size, names) * size
    for (x, y), name in zip(moved, names, strict=True):
        halo = [withStroke(linewidth=3, foreground=PAPER)]
        text = axes.text(x, y, name, ha="center", va="center", color=colour, path_effects=halo, fontsize=fontsize)
        text.set_fontweight("bold")
        text.set_in_layout(False)  # long names near an end must not shrink the map


def _dots(axes: Axes, plane: Array, labels: Labels, colours: Palette, size: float = 10) -> None:
    if labels.codes is not None:
        for code, name in enumerate(labels.names):
            mine = plane[labels.codes == code]
            axes.scatter(
                mine[:, 0], mine[:, 1], s=size, color=colours.label(code), linewidths=0, alpha=0.75, label=name
            )
    elif labels.values is not None:
        steps = np.quantile(labels.values, [0.2, 0.4, 0.6, 0.8])
        part = np.searchsorted(steps, labels.values)
        for code, strength in enumerate((0.2, 0.4, 0.6, 0.8, 1.0)):
            mine = plane[part == code]
            axes.scatter(mine[:, 0], mine[:, 1], s=size, color=colours.test, linewidths=0, alpha=strength)
    else:
        axes.scatter(plane[:, 0], plane[:, 1], s=size, color=colours.test, linewidths=0, alpha=0.6)


@styled
def latent_pca(plane: Array, share: Array, labels: Labels | None = None, palette: Colours = "petroff") -> Figure:
    """Latents on their first two principal components, with the density of each class.

    A contour contains about half of a class; the curves along the borders are the classes' marginal densities.
    """
    labels, colours = labels or Labels(), get_palette(palette)
    plane = np.asarray(plane, dtype=float)
    figure = empty_figure(HALF, HALF)
    grid = figure.add_gridspec(2, 2, width_ratios=(5, 1), height_ratios=(1, 5), wspace=0.02, hspace=0.02)
    axes = figure.add_subplot(grid[1, 0])
    above = bare(figure.add_subplot(grid[0, 0], sharex=axes))
    beside = bare(figure.add_subplot(grid[1, 1], sharey=axes))
    _dots(axes, plane, labels, colours, size=7)
    classes = len(labels.names) if labels.codes is not None else 1
    for code in range(classes):
        mine = plane if labels.codes is None else plane[labels.codes == code]
        _density(axes, above, beside, mine, colours.label(code), len(mine) / max(len(plane), 1))
    _names_at_centres(axes, plane, labels)
    axes.set_xlabel(f"first component, {100 * share[0]:.0f} % of the variance")
    axes.set_ylabel(f"second component, {100 * share[1]:.0f} %")
    axes.tick_params(labelbottom=True, labelleft=True)
    return figure


def _density(axes: Axes, above: Axes, beside: Axes, points: Array, colour: str, weight: float) -> None:
    """Draw the contour of half of the mass and the marginal densities, unless there are fewer than ten points."""
    from scipy.stats import gaussian_kde

    if len(points) < 10 or np.linalg.matrix_rank(np.cov(points.T)) < 2:
        return
    chosen = points[np.linspace(0, len(points) - 1, min(len(points), 500)).astype(int)]
    kernel = gaussian_kde(chosen.T)
    low, high = chosen.min(0), chosen.max(0)
    room = 0.25 * (high - low)
    x, y = (np.linspace(low[i] - room[i], high[i] + room[i], 60) for i in (0, 1))
    surface = kernel(np.stack([g.ravel() for g in np.meshgrid(x, y)])).reshape(60, 60)
    half = float(np.quantile(kernel(chosen.T), 0.5))
    axes.contour(x, y, surface, levels=[half], colors=[colour], linewidths=1.2)
    across, down = gaussian_kde(chosen[:, 0])(x) * weight, gaussian_kde(chosen[:, 1])(y) * weight
    above.plot(x, across, color=colour, linewidth=1)
    above.fill_between(x, across, color=colour, alpha=0.12, linewidth=0)
    beside.plot(down, y, color=colour, linewidth=1)
    beside.fill_betweenx(y, down, color=colour, alpha=0.12, linewidth=0)


@styled
def label_map(plane: Array, labels: Labels | None = None, title: str = "", palette: Colours = "petroff") -> Figure:
    """A map (n, 2) of rows, coloured and named by label."""
    labels, colours = labels or Labels(), get_palette(palette)
    figure, axes = plot(HALF, 4.4)
    _dots(axes, np.asarray(plane), labels, colours)
    _names_at_centres(axes, np.asarray(plane), labels)
    bare(axes)
    axes.set_title(title)
    axes.set_aspect("equal", "datalim")
    return figure


@styled
def normal_and_strange(
    plane: Array,
    strange: Array,
    strange_name: str = "strange",
    marks: Sequence[str] | None = None,
    title: str = "",
    palette: Colours = "petroff",
) -> Figure:
    """Normal and anomalous rows on one map (n, 2).

    Parameters
    ----------
    strange : (n,), True for the anomalous rows.
    marks : names of the anomalous rows, in order; drawn as text if there are at most sixty.
    """
    colours = get_palette(palette)
    plane, strange = np.asarray(plane), np.asarray(strange, dtype=bool)
    figure, axes = plot(HALF, 4.4)
    axes.scatter(
        plane[~strange][:, 0], plane[~strange][:, 1], s=6, color=MUTED, alpha=0.45, linewidths=0, label="normal"
    )
    odd = plane[strange]
    if marks is not None and len(marks) == len(odd) <= 60:
        axes.scatter(odd[:, 0], odd[:, 1], s=4, color=colours.strange, linewidths=0)
        _write_names(axes, plane, odd, [shortened(mark, 16) for mark in marks], colours.strange, 9.0)
        axes.scatter([], [], s=14, color=colours.strange, label=strange_name)
    else:
        axes.scatter(odd[:, 0], odd[:, 1], s=8, color=colours.strange, alpha=0.7, linewidths=0, label=strange_name)
    bare(axes)
    axes.set_title(title)
    axes.set_aspect("equal", "datalim")
    axes.legend(loc="upper right", markerscale=1.6, handletextpad=0.2)
    return figure
