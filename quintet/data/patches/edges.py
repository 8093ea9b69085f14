"""Edges of a picture that whole tiles do not cover: two strips, and padded tiles over them."""

from __future__ import annotations

import numpy as np

from quintet.data.patches.grid import Size, tiles
from quintet.data.readers.frames import Array


def edges_of(picture: Array, size: Size) -> list[Array]:
    """The strips below and beside the whole tiles of a picture, as views."""
    high, wide = (length - length % n for length, n in zip(picture.shape[:2], size, strict=True))
    return [part for part in (picture[high:, :wide], picture[:, wide:]) if part.size]


def edge_marks(picture: Size, size: Size) -> Array:
    """Mask of the tiles of the padded picture that reach beyond the picture, (down, along)."""
    grown = [length + more for length, more in zip(picture, _lacking(picture, size), strict=True)]
    mark = np.zeros((grown[0] // size[0], grown[1] // size[1]), dtype=bool)
    mark[picture[0] // size[0] :], mark[:, picture[1] // size[1] :] = True, True
    return mark


def edge_tiles(picture: Array, size: Size) -> Array:
    """The tiles that reach beyond the picture, padded with its last pixels."""
    mark = edge_marks((picture.shape[0], picture.shape[1]), size)
    down, along = _lacking((picture.shape[0], picture.shape[1]), size)
    grown = np.pad(picture, [(0, down), (0, along), *[(0, 0)] * (picture.ndim - 2)], mode="edge")
    return tiles(grown, size)[mark.reshape(-1)]


def lay_edge(picture: Array, mark: Array, own: Array) -> None:
    """Write the tiles that reach beyond the picture back into it."""
    height, width = own.shape[1:3]
    for tile, (row, column) in zip(own, np.argwhere(mark), strict=True):
        part = picture[row * height : (row + 1) * height, column * width : (column + 1) * width]
        part[...] = tile[: part.shape[0], : part.shape[1]]


def _lacking(picture: Size, size: Size) -> Size:
    """Rows and columns by which a picture must grow to be a whole number of tiles high and wide."""
    return -picture[0] % size[0], -picture[1] % size[1]
