"""Standardisation of cells by mean and standard deviation, without overflow or underflow."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
FARTHEST = 1e6
"""Largest absolute value of a standardised cell, whose square float32 can represent."""
ORDINARY = 400
"""Float64 can square numbers between 2**-ORDINARY and 2**ORDINARY."""


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
    flat = flat.astype(np.float64, copy=False) if there is None else np.where(there, flat, 0.0)
    low = flat.min(0) if there is None else np.where(there, flat, np.inf).min(0)
    high = flat.max(0) if there is None else np.where(there, flat, -np.inf).max(0)
    low, high = np.where(low > high, 0.0, low), np.where(low > high, 0.0, high)
    exponent = np.frexp(np.maximum(np.abs(low), np.abs(high)))[1]
    odd = bool((np.abs(exponent) > ORDINARY).any())
    loc, scale = _two_pass(np.ldexp(flat, -exponent) if odd else flat, there)
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
