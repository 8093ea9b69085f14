"""Figures of imputation: masked rows, imputed means and draws, and a baseline."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from quintet.report.figures import features
from quintet.report.figures.canvas import HALF, plot, styled
from quintet.report.figures.gallery import gallery
from quintet.report.figures.images import drawn_in_ink, is_picture, pixels, value_range
from quintet.report.figures.palettes import MUTED, Palette, get_palette
from quintet.report.figures.reflow import Line

Array = NDArray[Any]
Colours = str | Sequence[str] | Palette


def hidden_masks(row_shape: Sequence[int], pattern: str, count: int, seed: int = 0) -> Array:
    """Masks (count, *row_shape), True at masked cells.

    Parameters
    ----------
    pattern : "half at random", "middle third", "bottom half" or "centre" (the middle quarter), of which
        the last two are for pictures.
    """
    shape = (count, *row_shape)
    if pattern == "half at random":
        places = shape[:3] if is_picture(row_shape) else shape
        hidden = np.random.default_rng(seed).random(places) < 0.5
        return np.broadcast_to(hidden.reshape(*places, *([1] * (len(shape) - len(places)))), shape).copy()
    mask = np.zeros(shape, dtype=bool)
    if pattern == "middle third":
        third = row_shape[0] // 3
        mask[:, third : row_shape[0] - third] = True
        return mask
    high, wide = row_shape[:2]
    if pattern == "bottom half":
        mask[:, high // 2 :] = True
    else:
        mask[:, high // 4 : high - high // 4, wide // 4 : wide - wide // 4] = True
    return mask


@styled
def masked_against_imputed(
    x: Array,
    mask: Array,
    mean: Array,
    draws: Array,
    groups: Sequence[tuple[int, str]] = (),
    limits: tuple[float, float] | None = None,
    palette: Colours = "petroff",
) -> Figure:
    """Rows, masked rows, imputed means and single draws.

    Parameters
    ----------
    x, mask, mean : (n, *row); mask is True at masked cells.
    draws : (draws, n, *row).
    groups : (rows, name of the pattern), from the left.
    """
    x, mask, mean, draws = np.asarray(x), np.asarray(mask, dtype=bool), np.asarray(mean), np.asarray(draws)
    if not is_picture(x.shape[1:]):
        return interval_plot(x, mask, mean, draws, palette)
    limits, ink = limits or value_range(x), drawn_in_ink(x)
    lines: list[Line | None] = [
        ("row", pixels(x, limits, ink)),
        ("masked row", pixels(x, limits, ink, mask)),
        None,
        ("imputed mean", pixels(mean, limits, ink)),
        *[(f"draw {i + 1}", pixels(draw, limits, ink)) for i, draw in enumerate(draws)],
    ]
    return gallery(lines, ink=ink, groups=groups)


@styled
def interval_plot(x: Array, mask: Array, mean: Array, draws: Array, palette: Colours = "petroff") -> Figure:
    """Imputed against true cells of a table: a dot for the mean, a line from the lowest to the highest draw."""
    colours = get_palette(palette)
    hidden = np.asarray(mask, dtype=bool).reshape(len(x), -1)
    truth = features.standardised_like(x, x)[hidden]
    middle = features.standardised_like(mean, x)[hidden]
    several = np.stack([features.standardised_like(d, x)[hidden] for d in draws])
    seen = np.isfinite(truth) & np.isfinite(middle)
    keep = np.flatnonzero(seen)
    keep = keep[np.linspace(0, len(keep) - 1, min(len(keep), 400)).astype(int)]
    figure, axes = plot(HALF, 3.8)
    axes.axline((0, 0), slope=1, color=MUTED, linewidth=0.8)
    axes.vlines(truth[keep], several[:, keep].min(0), several[:, keep].max(0), color=colours.test, alpha=0.25)
    axes.scatter(truth[keep], middle[keep], s=8, color=colours.test, linewidths=0, label="imputed mean")
    axes.set_xlabel("true value, standard deviations")
    axes.set_ylabel("imputed value")
    axes.set_title(f"{int(hidden.sum()):,} masked cells")
    axes.legend(loc="upper left")
    return figure


def neighbour_fill(x: Array, mask: Array, train: Array, neighbours: int = 10) -> Array:
    """The baseline, scikit-learn's KNNImputer: the mean over the nearest training rows that observe the cell.

    Distances are over the cells that both rows have; columns of a table are standardised first.
    """
    from sklearn.impute import KNNImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rows, hidden = features.flat_rows(x), np.asarray(mask, dtype=bool).reshape(len(x), -1)
    scale = StandardScaler(with_mean=x.ndim == 2, with_std=x.ndim == 2)
    model = make_pipeline(scale, KNNImputer(n_neighbors=neighbours, keep_empty_features=True)).fit(
        features.flat_rows(train)
    )
    filled = scale.inverse_transform(model.transform(np.where(hidden, np.nan, rows)))
    return np.asarray(np.where(hidden, filled, rows)).reshape(x.shape)
