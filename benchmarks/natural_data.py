"""Colour images of 32×32, and what is done to them: noise, missing pixels, pasted patches, patches of photographs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from common import Array, data_folder, replaced
from PIL import Image

ASKED = 200
"""Images that are asked; the others train."""
COLUMNS = 10
"""Images in a row of the mosaic."""
PATCH = 6
"""Side of a pasted patch in pixels."""


def natural_images() -> Array:
    """(2000, 32, 32, 3) of uint8."""
    folder = data_folder() / "images"
    parts = [np.asarray(Image.open(folder / f"cifar10_batch_{part}.png").convert("RGB")) for part in (0, 1)]
    return np.concatenate([part.reshape(-1, 32, 32, 3) for part in parts])


def with_flips(images: Array) -> Array:
    """The images, and each of them mirrored left to right."""
    return np.concatenate([images, images[:, :, ::-1]])


def mosaic(images: Array) -> Array:
    """All images as one, ten in a row: 200 of 32×32 as 640×320."""
    n, height, width, channels = images.shape
    grid = images.reshape(n // COLUMNS, COLUMNS, height, width, channels).swapaxes(1, 2)
    return grid.reshape(n // COLUMNS * height, COLUMNS * width, channels)


def _normal(sigma: float) -> Callable[[Array, int], Array]:
    def noisy(images: Array, seed: int) -> Array:
        found = images + sigma * np.random.default_rng(seed).normal(size=images.shape)
        return np.rint(found).clip(0, 255).astype(np.uint8)

    return noisy


NOISES: dict[str, Callable[[Array, int], Array]] = {
    "replacement10": lambda images, seed: replaced(images, 0.10, seed),
    "replacement25": lambda images, seed: replaced(images, 0.25, seed),
    "normal10": _normal(10),
    "normal20": _normal(20),
    "normal40": _normal(40),
}
"""Name -> noise of images; cells are replaced, or get normal noise in levels, each by itself."""


def spread(clean: Array, noisy: Array) -> float:
    """Standard deviation of the noise, in levels."""
    return float(np.sqrt(np.square(clean.astype(float) - noisy).mean()))


def missing_pixels(n: int, seed: int) -> dict[str, Array]:
    """The four patterns, (n, 32, 32) of bool, True = missing in all channels."""
    rng, shape = np.random.default_rng(seed), (n, 32, 32)
    centre, bottom = np.zeros(shape, bool), np.zeros(shape, bool)
    centre[:, 10:22, 10:22] = True
    bottom[:, 16:] = True
    return {"half": rng.random(shape) < 0.5, "eighty": rng.random(shape) < 0.8, "centre": centre, "bottom": bottom}


def cells(mask: Array) -> Array:
    """A mask of pixels as one of cells, (n, 32, 32, 3)."""
    return np.repeat(mask[..., None], 3, -1)


def photograph_patches(count: int, seed: int) -> Array:
    """(count, 32, 32, 3): tiles of scikit-learn's two photographs in a random order, equally many of each."""
    from sklearn.datasets import load_sample_images

    rng, found = np.random.default_rng(seed), []
    for picture in load_sample_images().images:
        high, wide = picture.shape[0] // 32, picture.shape[1] // 32
        tiles = picture[: high * 32, : wide * 32].reshape(high, 32, wide, 32, 3).swapaxes(1, 2).reshape(-1, 32, 32, 3)
        found.append(tiles[rng.permutation(len(tiles))[: count // 2]])
    return np.concatenate(found)


def pasted(images: Array, seed: int) -> tuple[Array, Array]:
    """Every image with a 6×6 patch of another at a random place, and where, (n, 32, 32) of bool."""
    rng, n = np.random.default_rng(seed), len(images)
    changed, where = images.copy(), np.zeros(images.shape[:3], bool)
    other = (np.arange(n) + rng.integers(1, n, n)) % n
    for row, (top, left, y, x) in enumerate(rng.integers(0, 32 - PATCH + 1, (n, 4))):
        changed[row, top : top + PATCH, left : left + PATCH] = images[other[row], y : y + PATCH, x : x + PATCH]
        where[row, top : top + PATCH, left : left + PATCH] = True
    return changed, where


def tenths(n: int, seed: int) -> list[Array]:
    """Ten disjoint parts of the images, (n,) of bool each: in each, one part has pasted patches."""
    part = np.random.default_rng(seed).permutation(n) % 10
    return [part == number for number in range(10)]
