"""Rows as pictures: conversion to RGBA pixels, tiling and colour maps."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from numpy.typing import NDArray

from quintet.report.figures.canvas import FLIP, bare
from quintet.report.figures.palettes import INK, PAPER

Array = NDArray[Any]

_INKED = LinearSegmentedColormap.from_list("ink", [PAPER, INK])
_GREYS = LinearSegmentedColormap.from_list("greys", ["#000000", "#ffffff"])


def is_picture(row_shape: Sequence[int]) -> bool:
    """Whether rows can be shown as pictures: (H, W) or (H, W, 1 or 3)."""
    return len(row_shape) == 2 or (len(row_shape) == 3 and row_shape[-1] in (1, 3))


def value_range(*rows: Array) -> tuple[float, float]:
    """Lowest and highest finite value over several arrays; highest > lowest."""
    values = [v[np.isfinite(v)] for v in map(np.asarray, rows)]
    values = [v for v in values if v.size]
    if not values:
        return 0.0, 1.0
    low, high = float(min(v.min() for v in values)), float(max(v.max() for v in values))
    return low, high if high > low else low + 1.0


def drawn_in_ink(rows: Array) -> bool:
    """Whether pictures are grey and mostly empty, such as digits, and are therefore shown dark on white."""
    rows = np.asarray(rows)
    if rows.ndim == 4 and rows.shape[-1] == 3:
        return False
    low, high = value_range(rows)
    return bool(np.nanmedian(rows) <= low + 0.25 * (high - low))


def pixels(rows: Array, limits: tuple[float, float], ink: bool, missing: Array | None = None) -> Array:
    """Rows (n, H, W) or (n, H, W, 1 or 3) as RGBA floats in 0..1, (n, H, W, 4); missing cells are hatched grey.

    ``limits`` are the values shown as white and black, in the user's units.
    """
    rows = np.asarray(rows, dtype=float)
    if rows.ndim == 4 and rows.shape[-1] == 1:
        rows = rows[..., 0]
    hidden: Any = ~np.isfinite(rows)
    if missing is not None:
        hidden = np.logical_or(hidden, np.asarray(missing, dtype=bool).reshape(rows.shape))
    shade = np.clip((np.nan_to_num(rows) - limits[0]) / (limits[1] - limits[0]), 0, 1)
    if rows.ndim == 4:
        colour = np.concatenate([shade, np.ones_like(shade[..., :1])], axis=-1)
        hidden = hidden.any(-1)
    else:
        colour = np.asarray((_INKED if ink else _GREYS)(shade))
    height, width = colour.shape[1:3]
    checks = (np.add.outer(np.arange(height), np.arange(width)) % 2).astype(float)
    grey = np.stack([0.80 + 0.07 * checks] * 3 + [np.ones_like(checks)], axis=-1)
    return np.where(hidden[..., None], grey, colour)


def tile_pictures(pictures: Array, columns: int, gap: int = 1) -> Array:
    """Pictures (n, H, W, 4) side by side in rows of ``columns``, with transparent gaps; (H', W', 4)."""
    count, height, width = pictures.shape[:3]
    lines = max(1, -(-count // columns))
    sheet = np.zeros((lines * (height + gap) - gap, columns * (width + gap) - gap, 4))
    for i, picture in enumerate(pictures):
        top, left = (i // columns) * (height + gap), (i % columns) * (width + gap)
        sheet[top : top + height, left : left + width] = picture
    return sheet


def gap_of(height: int) -> int:
    """Pixels between tiles: an eighth of their height."""
    return max(1, round(height / 8))


def show(axes: Axes, sheet: Array, ink: bool, name: str = "sheet") -> None:
    """Draw RGBA pixels on bare axes; ``ink`` pictures are inverted on a dark page."""
    image = axes.imshow(np.clip(sheet, 0, 1), interpolation="none")
    image.set_gid(f"{FLIP}-{name}" if ink else name)
    bare(axes)


def diverging(colour_low: str, colour_high: str) -> LinearSegmentedColormap:
    """A diverging colour map through white."""
    return LinearSegmentedColormap.from_list("diverging", [colour_low, PAPER, colour_high])


def sequential(colour: str) -> LinearSegmentedColormap:
    """A sequential colour map from white through ``colour`` to ink."""
    return LinearSegmentedColormap.from_list("sequential", [PAPER, colour, INK])
