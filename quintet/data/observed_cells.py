"""The mask of observed cells of rows with NaN or masked cells."""

from __future__ import annotations

from typing import Any

import numpy as np

from quintet.errors import InputError

Array = np.ndarray[Any, Any]


def observed_cells(array: Array, mask: Array | None) -> Array | None:
    """Mask of observed cells, neither NaN nor masked; None if all are observed."""
    present = None
    if array.dtype.kind == "f" and np.isnan(array.sum(dtype=np.float64)):
        present = ~np.isnan(array)
    if mask is not None:
        mask = np.asarray(mask)
        if mask.shape != array.shape and mask.shape != array.shape[1:]:
            raise InputError(
                f"mask must have the shape of the data, {array.shape}, or of one row, {array.shape[1:]}, "
                f"got {mask.shape}; True marks a missing cell."
            )
        there = np.broadcast_to(~mask.astype(bool), array.shape)
        present = there if present is None else present & there
    return None if present is None or bool(present.all()) else present
