"""Cells that have one value in all training rows, as indices in a flat row and values."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Constants = tuple[tuple[int, float], ...]
FEWEST = 10
"""Fewest observed values of a cell that counts as constant."""


ROWS = 4096
"""Rows that are compared at a time."""


def constant_cells(flat: Array, there: Array | None) -> Constants:
    """Indices and values of cells (n, cells) that are constant over at least ``FEWEST`` observed rows."""
    if len(flat) < FEWEST:
        return ()
    if there is None:
        same = np.ones(flat.shape[1], dtype=bool)
        for start in range(0, len(flat), ROWS):
            same &= (flat[start : start + ROWS] == flat[:1]).all(0)
        return tuple((int(place), float(flat[0, place])) for place in np.flatnonzero(same))
    first = np.take_along_axis(flat, there.argmax(0)[None], 0)
    same = ((flat == first) | ~there).all(0) & (there.sum(0) >= FEWEST)
    return tuple((int(place), float(first[0, place])) for place in np.flatnonzero(same))


def with_constants(array: Array, constant: Constants) -> Array:
    """Rows (n, *row_shape) whose constant cells have their value, in the same array."""
    if not constant:
        return array
    flat = array.reshape(len(array), math.prod(array.shape[1:]))
    flat[:, [place for place, _ in constant]] = np.array([value for _, value in constant]).astype(array.dtype)
    return flat.reshape(array.shape)


def not_contradicted(constant: Constants, array: Array, present: Array | None = None) -> Constants:
    """The constants that all rows (n, *row_shape) have where they are ``present``."""
    if not constant:
        return constant
    places = np.array([place for place, _ in constant])
    cells = array.reshape(len(array), -1)[:, places]
    there = np.True_ if present is None else present.reshape(len(array), -1)[:, places]
    other = ((cells != np.array([value for _, value in constant])) & there).any(0)
    return tuple(pair for pair, gone in zip(constant, other, strict=True) if not gone)
