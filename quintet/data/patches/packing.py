"""Pixels packed without a model: differences from the neighbours, then a general packer, as PNG does it."""

from __future__ import annotations

import numpy as np

from quintet.data.readers.frames import Array

AXES: tuple[tuple[int, ...], ...] = ((), (1,), (0,), (0, 1))
"""What is tried: cells as they are, differences along a row, down a column, both; the first byte says which."""


def filtered(pixels: Array, axes: tuple[int, ...]) -> bytes:
    """Differences along ``axes`` of pixels (height, width[, channels]), their bytes sorted by place in a cell."""
    cells = _whole(pixels)
    for axis in axes:
        cells = np.diff(cells, axis=axis, prepend=cells.dtype.type(0))
    return np.ascontiguousarray(cells.reshape(-1).view(np.uint8).reshape(-1, cells.itemsize).T).tobytes()


def unfiltered(content: bytes, axes: tuple[int, ...], shape: tuple[int, ...], dtype: np.dtype) -> Array:
    """Undo ``filtered``."""
    planes = np.frombuffer(content, np.uint8).reshape(dtype.itemsize, -1)
    cells = np.ascontiguousarray(planes.T).reshape(-1).view(f"<u{dtype.itemsize}").reshape(shape)
    for axis in reversed(axes):
        cells = np.cumsum(cells, axis=axis, dtype=cells.dtype)
    return cells.view(dtype.newbyteorder("<")).astype(dtype)


def _whole(pixels: Array) -> Array:
    """The bits of each cell as an unsigned number, in which differences wrap around and lose nothing."""
    little = np.ascontiguousarray(pixels, dtype=pixels.dtype.newbyteorder("<"))
    return little.view(f"<u{pixels.dtype.itemsize}")
