"""Grey and aged images: luma and chroma, scratches, fading and grain, and what undoes the fading."""

from __future__ import annotations

import numpy as np
from common import Array

FROM_RGB = np.array([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])
"""Luma and two chroma channels of full range (ITU-T T.871)."""
PAPER = np.array([228.0, 206.0, 170.0])
"""Colour to which old photographs fade."""
FADED = (0.2, 0.5)
"""Range of the share by which an image is faded."""
GRAIN = 8.0
"""Standard deviation of the grain, in levels."""
SCRATCHES, INK = 3, (225, 256)
"""Scratches of an image, and their range of levels."""


def luma_chroma(images: Array) -> Array:
    """(n, height, width, 3) of uint8: luma, blue and red chroma."""
    found = images.astype(np.float64) @ FROM_RGB.T + [0, 128, 128]
    return np.rint(found).clip(0, 255).astype(np.uint8)


def colours(layers: Array) -> Array:
    """The inverse of ``luma_chroma`` for luma and chroma of any type, uint8."""
    found = (layers.astype(np.float64) - [0, 128, 128]) @ np.linalg.inv(FROM_RGB).T
    return np.rint(found).clip(0, 255).astype(np.uint8)


def grey(images: Array) -> Array:
    """Grey images as colour images, (n, height, width, 3)."""
    return np.repeat(luma_chroma(images)[..., :1], 3, -1)


def scratched(n: int, shape: tuple[int, int], rng: np.random.Generator) -> Array:
    """Straight scratches about a pixel wide from one border to another, (n, height, width) of bool."""
    height, width = shape
    row, column = np.arange(height)[:, None] + 0.5, np.arange(width)[None] + 0.5
    found = np.zeros((n, *shape), bool)
    for angle, offset in zip(
        rng.uniform(0, np.pi, (SCRATCHES, n)), rng.uniform(-0.35, 0.35, (SCRATCHES, n)), strict=True
    ):
        across = [
            (row - height / 2) * np.cos(a) + (column - width / 2) * np.sin(a) - o * height
            for a, o in zip(angle, offset, strict=True)
        ]
        found |= np.abs(across) < 0.6
    return found


def aged(images: Array, seed: int) -> tuple[Array, Array, Array]:
    """Aged images, where their scratches are, (n, height, width) of bool, and by how much they are faded, (n,)."""
    rng, n = np.random.default_rng(seed), len(images)
    share = rng.uniform(*FADED, n)
    old = images + share[:, None, None, None] * (PAPER - images) + GRAIN * rng.normal(size=images.shape)
    where = scratched(n, (images.shape[1], images.shape[2]), rng)
    ink = rng.integers(*INK, (n, 1, 1, 1))
    old = np.where(where[..., None], ink, old)
    return np.rint(old).clip(0, 255).astype(np.uint8), where, share


class Unfading:
    """Undoes the fading, whose share is estimated by a linear regression on aged training images."""

    def __init__(self, train: Array, seed: int) -> None:
        old, where, share = aged(train, seed)
        self.weights = np.linalg.lstsq(self._features(old, where), share, rcond=None)[0]

    def __call__(self, old: Array, where: Array) -> Array:
        """Images with their contrast back; grain and scratches stay."""
        share = (self._features(old, where) @ self.weights).clip(*FADED)[:, None, None, None]
        return np.rint((old - share * PAPER) / (1 - share)).clip(0, 255).astype(np.uint8)

    def _features(self, old: Array, where: Array) -> Array:
        """Low, middle and high levels and spreads of the channels outside the scratches, and 1."""
        cells = np.where(where[..., None], np.nan, old.astype(float)).reshape(len(old), -1, 3)
        parts = [np.nanquantile(cells, q, axis=1) for q in (0.02, 0.2, 0.5, 0.9)] + [np.nanstd(cells, axis=1)]
        return np.concatenate([*parts, np.ones((len(old), 1))], 1) / 255


def masked_median(images: Array, where: Array) -> Array:
    """The median of the cells of 3×3 around each cell that are outside ``where``, (n, height, width) of bool.

    Cells without such neighbours are filled in the next round, from those that were filled before them.
    """
    known = np.where(where[..., None], np.nan, images.astype(float))
    while True:
        wide = np.pad(known, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=np.nan)
        around = np.lib.stride_tricks.sliding_window_view(wide, (3, 3), (1, 2)).reshape(*images.shape, 9)
        empty = np.isnan(around).all(-1)
        found = np.nanmedian(np.where(empty[..., None], 0.0, around), axis=-1)
        if not empty.any():
            return np.rint(found).astype(np.uint8)
        known = np.where(np.isnan(known) & ~empty, found, known)
