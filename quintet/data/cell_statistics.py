"""Statistics of the training cells that a schema stores: levels, mean, and constant cells."""

from __future__ import annotations

from typing import Any

import numpy as np

from quintet.data.cell_kinds import Kind

Array = np.ndarray[Any, Any]
FEWEST = 10
"""Fewest observed values of a column that counts as constant."""


def number_of_levels(array: Array, present: Array | None, kind: Kind) -> int:
    """Number of levels of the observed cells: of ``image8`` 256, or as in training if that is at most 64."""
    if kind not in ("image8", "count"):
        return 2 if kind == "binary" else 256
    top = int((array if present is None else array[present]).max(initial=0))
    if kind == "count":
        return max(top, 1) + 1
    return top + 1 if 1 <= top <= 63 else 256


def mean_level(array: Array, present: Array | None, top: float) -> float:
    """Mean of all observed cells, over their highest value."""
    cells = array if present is None else array[present]
    return min(1.0, float(cells.mean(dtype=np.float64)) / top) if cells.size else 0.5


def constant_cells(flat: Array, there: Array | None) -> tuple[tuple[int, float], ...]:
    """Indices and values of cells (n, cells) that are constant over at least ``FEWEST`` observed rows."""
    if len(flat) < FEWEST:
        return ()
    if there is None:
        same = (flat == flat[:1]).all(0)
        return tuple((int(place), float(flat[0, place])) for place in np.flatnonzero(same))
    first = np.take_along_axis(flat, there.argmax(0)[None], 0)
    same = ((flat == first) | ~there).all(0) & (there.sum(0) >= FEWEST)
    return tuple((int(place), float(first[0, place])) for place in np.flatnonzero(same))
