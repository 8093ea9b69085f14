"""Thickness and slant of the strokes of digits and letters."""

from __future__ import annotations

from typing import Any

import numpy as np

from quintet.arguments import Images
from quintet.entry_points import public

Array = np.ndarray[Any, Any]


@public
def thickness(images: Images) -> Array:
    """Mean width of the strokes of pictures (n, height, width), bright on dark, in pixels, (n,).

    Twice the ink over the total variation, 2 Σ x / Σ |∇x|: a stroke of width w and length L has area wL and a border of
    2L. It does not depend on the brightness of the stroke or the softness of its border. A picture without ink has 0.
    """
    x = _plane(images)
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))
    down, right = np.diff(padded, axis=1)[:, :, :-1], np.diff(padded, axis=2)[:, :-1]
    variation = np.hypot(down, right).sum((1, 2))
    width: Array = 2 * x.sum((1, 2)) / np.maximum(variation, 1e-9)
    return width


@public
def slant(images: Images) -> Array:
    """Slant to the right of strokes of pictures (n, height, width), bright on dark, in degrees from upright, (n,).

    The angle of the shear that makes the second moments upright, arctan(-μ₁₁ / μ₀₂) with y downwards, as in
    Morpho-MNIST (Castro et al., 2019). A picture without ink, or of one line of pixels, has 0.
    """
    x = _plane(images)
    ink = np.maximum(x.sum((1, 2)), 1e-9)
    rows, columns = np.arange(x.shape[1]), np.arange(x.shape[2])
    middle_y, middle_x = (x.sum(2) @ rows) / ink, (x.sum(1) @ columns) / ink
    away_y, away_x = rows - middle_y[:, None], columns - middle_x[:, None]
    across = np.einsum("nyx,ny,nx->n", x, away_y, away_x) / ink
    upright = np.einsum("nyx,ny->n", x, np.square(away_y)) / ink
    angle: Array = np.degrees(np.arctan2(-across, np.maximum(upright, 1e-9)))
    return np.where(upright > 1e-9, angle, 0.0)


def _plane(images: Array) -> Array:
    """(n, height, width) as float64; colours are averaged."""
    x = np.asarray(images, dtype=np.float64)
    return x.mean(-1) if x.ndim == 4 else x
