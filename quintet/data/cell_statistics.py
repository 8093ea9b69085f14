"""Statistics of the training cells that a schema stores: levels and mean."""

from __future__ import annotations

from typing import Any

import numpy as np

from quintet.data.cell_kinds import Kind

Array = np.ndarray[Any, Any]


def number_of_levels(array: Array, present: Array | None, kind: Kind) -> int:
    """Number of levels of the observed cells: of ``image8`` 256, or as in training if that is at most 64; of tokens
    and counts one more than the largest."""
    if kind not in ("image8", "count", "token"):
        return 2 if kind == "binary" else 256
    top = int((array if present is None else array[present]).max(initial=0))
    if kind in ("count", "token"):
        return max(top, 1) + 1
    return top + 1 if 1 <= top <= 63 else 256


def mean_level(array: Array, present: Array | None, top: float) -> float:
    """Mean of all observed cells, over their highest value."""
    cells = array if present is None else array[present]
    return min(1.0, float(cells.mean(dtype=np.float64)) / top) if cells.size else 0.5
