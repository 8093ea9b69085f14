"""The mask of observed cells of rows with NaN or masked cells."""

from __future__ import annotations

from typing import Any

import numpy as np

from quintet.errors import InputError

Array = np.ndarray[Any, Any]


LAST = 4
"""Most channels that are the last axis of an image; more are its first axis."""


def of_pixels(mask: Array, shape: tuple[int, ...]) -> Array:
    """A mask of the cells of all channels for one of pixels; any other mask as it is.

    Parameters
    ----------
    mask : (height, width) or (n, height, width) for pixels of images with channels.
    shape : of the rows, (n, height, width, channels), or (n, channels, height, width) with more than four channels.
    """
    if len(shape) != 4 or mask.shape in (shape, shape[1:]):
        return mask
    axis = 3 if shape[3] <= LAST else 1
    size = shape[1:3] if axis == 3 else shape[2:]
    if mask.shape == (shape[0], *size):
        return np.broadcast_to(np.expand_dims(mask, axis), shape)
    return np.broadcast_to(np.expand_dims(mask, axis - 1), shape[1:]) if mask.shape == size else mask


def observed_cells(array: Array, mask: Array | None) -> Array | None:
    """Mask of observed cells, neither NaN nor masked; None if all are observed."""
    present = None
    if array.dtype.kind == "f" and np.isnan(array.sum(dtype=np.float64)):
        present = ~np.isnan(array)
    if mask is not None:
        mask = of_pixels(np.asarray(mask), array.shape)
        if mask.shape != array.shape and mask.shape != array.shape[1:]:
            raise InputError(
                f"mask must have the shape of the data, {array.shape}, or of one row, {array.shape[1:]}, "
                f"got {mask.shape}; True marks a missing cell."
            )
        there = np.broadcast_to(~mask.astype(bool), array.shape)
        present = there if present is None else present & there
    return None if present is None or bool(present.all()) else present
