"""Filters for compressing pixels without a model: differences of neighbouring cells, as in PNG."""

from __future__ import annotations

import numpy as np

from quintet.data.readers.frames import Array

AXES: tuple[tuple[int, ...], ...] = ((), (1,), (0,), (0, 1))
"""Candidate filters: no differences, differences along rows, along columns, or both; the first byte is the index."""


def filtered(pixels: Array, axes: tuple[int, ...]) -> bytes:
    """Differences along ``axes`` of pixels (height, width[, channels]), with bytes grouped by significance."""
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
    """The bits of each cell as an unsigned integer, whose differences wrap around without loss."""
    little = np.ascontiguousarray(pixels, dtype=pixels.dtype.newbyteorder("<"))
    return little.view(f"<u{pixels.dtype.itemsize}")
