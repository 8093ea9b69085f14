"""Tilings of a picture by patches, and blending of patches without seams."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from quintet.data.readers.frames import Array

Size = tuple[int, int]


def places(length: int, size: int, step: int) -> Array:
    """Start positions of patches along an axis: evenly spaced from end to end, at most ``step`` apart."""
    count = 1 + math.ceil((length - size) / step)
    return np.rint(np.linspace(0, length - size, count)).astype(np.int64)


def window(size: Size) -> Array:
    """Weights of the cells of a patch, (height, width): the product of two raised cosines, above 0 everywhere.

    With a step of half a patch the weights sum to one; ``Blend`` normalises them at any step.
    """
    rise = [np.sin(np.pi * (np.arange(n) + 0.5) / n) ** 2 for n in size]
    return np.outer(*rise).astype(np.float32)


@dataclass(frozen=True)
class Tiling:
    """Patches that cover a picture, row by row.

    ``corners`` (k, 2): top and left of each; ``size`` (height, width) of a patch.
    """

    corners: Array
    size: Size

    @classmethod
    def over(cls, picture: Size, size: Size, overlap: float) -> Tiling:
        """Cover a picture of this height and width; neighbours share at least the part ``overlap``, 0 up to 1."""
        steps = [max(1, math.floor(n * (1 - overlap))) for n in size]
        tops, lefts = (places(*axis) for axis in zip(picture, size, steps, strict=True))
        return cls(np.stack(np.meshgrid(tops, lefts, indexing="ij"), axis=-1).reshape(-1, 2), size)

    def __len__(self) -> int:
        return len(self.corners)

    def cut(self, picture: Array, index: Array) -> Array:
        """The patches of ``index``, (k, height, width[, channels]), from a picture (H, W[, channels])."""
        height, width = self.size
        out = np.empty((len(index), height, width, *picture.shape[2:]), dtype=picture.dtype)
        for patch, (top, left) in zip(out, self.corners[index], strict=True):
            patch[:] = picture[top : top + height, left : left + width]
        return out


class Blend:
    """Weighted mean of overlapping patches at each cell, with weights ``window`` times ``worth``.

    The weights sum to one at every cell (a partition of unity) and fall towards a patch's border, so that no
    seams are visible.

    Parameters
    ----------
    shape : of the picture, (height, width) or (height, width, channels).
    tiling : where the patches lie.
    """

    def __init__(self, shape: tuple[int, ...], tiling: Tiling) -> None:
        self.tiling, self.window = tiling, window(tiling.size)
        self.total = np.zeros(shape, dtype=np.float32)
        self.weight = np.zeros(shape[:2], dtype=np.float32)

    def add(self, index: Array, patches: Array, worth: Array | None = None) -> None:
        """Add the patches of ``index``, (k, height, width[, channels]), with the weights ``worth`` (k,)."""
        height, width = self.tiling.size
        for i, (top, left) in enumerate(self.tiling.corners[index]):
            weight = self.window if worth is None else self.window * np.float32(worth[i])
            part = np.s_[top : top + height, left : left + width]
            self.total[part] += patches[i] * (weight if patches.ndim == 3 else weight[..., None])
            self.weight[part] += weight

    def picture(self) -> Array:
        """The blended picture, (height, width[, channels]) of float32; 0 outside all patches."""
        weight = np.where(self.weight > 0, self.weight, 1)
        whole: Array = self.total / (weight if self.total.ndim == 2 else weight[..., None])
        return whole


def tiles(picture: Array, size: Size) -> Array:
    """The whole tiles of a picture, without overlap, (k, height, width[, channels])."""
    (height, width), more = size, picture.shape[2:]
    down, along = picture.shape[0] // height, picture.shape[1] // width
    inner = picture[: down * height, : along * width].reshape(down, height, along, width, *more)
    return inner.swapaxes(1, 2).reshape(down * along, height, width, *more)


def from_tiles(cut: Array, picture: Size) -> Array:
    """Undo ``tiles``: the part of the picture that whole tiles cover."""
    height, width = cut.shape[1:3]
    down, along = picture[0] // height, picture[1] // width
    laid = cut.reshape(down, along, height, width, *cut.shape[3:]).swapaxes(1, 2)
    return laid.reshape(down * height, along * width, *cut.shape[3:])
