"""Impute a picture: patches with enough known cells are filled first, and those behind them see what was filled."""

from __future__ import annotations

from typing import Any

import numpy as np

from quintet.data.patches.grid import Blend, Tiling
from quintet.data.schema import Array
from quintet.estimators._patchwork.input import in_dtype, patch_chunks, tiling_of

ENOUGH = 0.25
"""Share of a patch's cells that must be known for it to be filled."""
SURE = 0.5
"""A cell is filled once the filled patches hold this share of all weight that covers it."""


def impute_picture(vae: Any, picture: Array, missing: Array | None, overlap: float, **options: Any) -> Array:
    """The picture with its missing cells filled; the others come back bit for bit.

    A region of missing cells larger than a patch is filled from its rim inwards.
    """
    if missing is None:
        return picture.copy()
    tiling, filled, left = tiling_of(picture, vae.schema_, overlap), picture.copy(), missing.copy()
    filled[left] = 0
    while left.any():
        values, covered = _one_round(vae, tiling, filled, left, **options)
        done = left & (covered if picture.ndim == 2 else covered[..., None])
        filled[done] = in_dtype(values, picture)[done]
        left &= ~done
    return filled


def _one_round(vae: Any, tiling: Tiling, picture: Array, left: Array, **options: Any) -> tuple[Array, Array]:
    """The answers of patches with enough known cells, (height, width[, channels]), and where they may be relied on."""
    known, holes = _known(tiling, left)
    wanted = np.flatnonzero(holes & (known >= ENOUGH))
    if not len(wanted):  # no patch has enough known cells: those with most
        wanted = np.flatnonzero(holes & (known >= known[holes].max()))
    blend, cover = Blend(picture.shape, tiling), Blend(picture.shape[:2], tiling)
    for index in patch_chunks(wanted):
        answer = vae.impute(tiling.cut(picture, index), mask=tiling.cut(left, index), **options)
        blend.add(index, answer, np.maximum(known[index], 1e-3))
    for index in patch_chunks(np.flatnonzero(holes)):
        filled_now = np.isin(index, wanted).astype(np.float32)
        cover.add(index, np.broadcast_to(filled_now[:, None, None], (len(index), *tiling.size)))
    sure = cover.picture() >= SURE
    hole = left if left.ndim == 2 else left.any(-1)
    return blend.picture(), sure if (sure & hole).any() else blend.weight > 0


def _known(tiling: Tiling, left: Array) -> tuple[Array, Array]:
    """The share of each patch's cells that are known, and whether any is missing, both (k,)."""
    share = np.empty(len(tiling), dtype=np.float32)
    for index in patch_chunks(np.arange(len(tiling))):
        cut = tiling.cut(left, index)
        share[index] = 1 - cut.reshape(len(index), -1).mean(axis=1)
    return share, share < 1
