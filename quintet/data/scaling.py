"""Standardisation of cells by mean and standard deviation, without overflow or underflow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
FARTHEST = 1e6
"""Largest absolute value of a standardised cell, whose square float32 can represent."""
ORDINARY = 400
"""Float64 can square numbers between 2**-ORDINARY and 2**ORDINARY."""
CELLS = 2**22
"""Cells whose moments are computed at a time."""
Part = tuple[Array, Array | None]


def moments(flat: Array, there: Array | None) -> tuple[Array, Array]:
    """Mean and standard deviation, (cells,) each, of (n, cells) numbers.

    Parameters
    ----------
    there : (n, cells), False at missing cells; None if all are observed.

    Returns
    -------
    loc, scale : 0 and 1 for a cell that is never observed. ``scale`` of a cell that is constant, or varies only by
        rounding, is 1 or the rounding error, whichever is larger.
    """
    return moments_of_parts(lambda: ((flat[part], None if there is None else there[part]) for part in parts_of(flat)))


def moments_without_nan(flat: Array) -> tuple[Array, Array, bool]:
    """The moments of (n, cells) floats of which NaN are missing, and whether one is NaN."""
    missing = False

    def parts() -> Iterator[Part]:
        nonlocal missing
        for part in parts_of(flat):
            there = ~np.isnan(flat[part])
            whole = bool(there.all())
            missing |= not whole
            yield flat[part], None if whole else there

    loc, scale = moments_of_parts(parts)
    return loc, scale, missing


def parts_of(flat: Array) -> list[slice]:
    """Slices of rows (n, cells), which may lie in a mapped file, of at most ``CELLS`` cells each."""
    size = max(1, CELLS // max(1, flat.shape[1]))
    return [slice(start, start + size) for start in range(0, max(1, len(flat)), size)]


def moments_of_parts(parts: Callable[[], Iterator[Part]]) -> tuple[Array, Array]:
    """The moments of rows that are read part by part, twice; means of squares are merged by Chan, Golub and LeVeque.

    Parameters
    ----------
    parts : an iterator of (n, cells) numbers with a mask as in ``moments``.
    """
    low, high = _range(parts())
    exponent = np.frexp(np.maximum(np.abs(low), np.abs(high)))[1]
    odd = bool((np.abs(exponent) > ORDINARY).any())
    merged: tuple[Any, Array, Array] | None = None
    for cells, there in parts():
        flat = cells.astype(np.float64, copy=False) if there is None else np.where(there, cells, 0.0)
        own = _two_pass(np.ldexp(flat, -exponent) if odd else flat, there)
        count = len(flat) if there is None else there.sum(0)
        merged = (count, *own) if merged is None else _merged(merged, (count, *own))
    assert merged is not None
    _, loc, scale = merged
    tiny = scale <= 1e-12 * np.abs(loc)
    if odd:
        loc, scale = np.ldexp(loc, exponent), np.ldexp(scale, exponent)
    loc = np.where(low == high, low, loc)
    return loc, np.where(tiny | (scale == 0), np.maximum(1.0, 1e-12 * np.abs(loc)), scale)


def standardised(flat: Array, loc: Array, scale: Array) -> Array:
    """Standardise (n, cells) numbers to float64, clipped to ``FARTHEST``; NaN stays NaN."""
    flat = flat.astype(np.float64, copy=False)
    with np.errstate(over="ignore", invalid="ignore"):
        out = (flat - loc) / scale
        far = ~np.isfinite(out)
        if far.any():  # the difference overflowed: 1.7e308 - -1.7e308
            out = np.where(far, (flat / 4 - loc / 4) / scale * 4, out)
    return np.asarray(np.clip(out, -FARTHEST, FARTHEST))


def unstandardised(flat: Array, loc: Array, scale: Array, dtype: np.dtype[Any]) -> Array:
    """Undo ``standardised``, clipped to the range of ``dtype``."""
    with np.errstate(over="ignore"):
        wide = flat.astype(np.float64)
        wide *= scale
        wide += loc
    limits = np.finfo(dtype)
    np.clip(wide, float(limits.min), float(limits.max), out=wide)
    return np.asarray(wide.astype(dtype, copy=False))


def _two_pass(flat: Array, there: Array | None) -> tuple[Array, Array]:
    if there is None:
        return flat.mean(0), flat.std(0)
    count = np.maximum(there.sum(0), 1)
    loc = flat.sum(0) / count
    return loc, np.sqrt(np.where(there, np.square(flat - loc), 0.0).sum(0) / count)


def _range(parts: Iterator[Part]) -> tuple[Array, Array]:
    """The smallest and the largest value of each cell, (cells,); 0 for a cell that is never observed."""
    low: Any = np.inf
    high: Any = -np.inf
    for flat, there in parts:
        wide = flat.astype(np.float64, copy=False)
        low = np.minimum(low, wide.min(0) if there is None else np.where(there, wide, np.inf).min(0))
        high = np.maximum(high, wide.max(0) if there is None else np.where(there, wide, -np.inf).max(0))
    return np.where(low > high, 0.0, low), np.where(low > high, 0.0, high)


def _merged(one: tuple[Any, Array, Array], other: tuple[Any, Array, Array]) -> tuple[Any, Array, Array]:
    """Count, mean and standard deviation of two parts together."""
    (n, loc, scale), (m, beside, spread) = one, other
    both = np.maximum(n + m, 1)
    apart = beside - loc
    variance = (n * np.square(scale) + m * np.square(spread)) / both + np.square(apart) * (n / both) * (m / both)
    return n + m, loc + apart * (m / both), np.sqrt(variance)
