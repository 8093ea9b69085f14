"""Errors of reconstructions: MSE and PSNR."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from quintet.arguments import Figures, Positive
from quintet.entry_points import public
from quintet.evaluate.alike import alike

Array = npt.NDArray[np.float64]


@public
def mse(clean: Figures, found: Figures, where: Figures | None = None) -> Array:
    """Mean squared error of each row over its cells, (n,), in squared units of the cells.

    Parameters
    ----------
    clean, found : (n, *row_shape).
    where : (n, *row_shape) of bool, the cells to include; None for all. NaN for a row without such cells.
    """
    alike("found", found, "clean", clean)
    if where is not None:
        alike("where", where, "clean", clean)
    error = np.square(np.asarray(clean, dtype=np.float64) - np.asarray(found, dtype=np.float64))
    error = error.reshape(len(error), -1)
    if where is None:
        return np.asarray(error.mean(1))
    weight = np.asarray(where).astype(np.float64).reshape(error.shape)
    count = weight.sum(1)
    total = np.where(weight > 0, error, 0.0).sum(1)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))


@public
def psnr(clean: Figures, found: Figures, peak: Positive = 255.0, where: Figures | None = None) -> Array:
    """Peak signal-to-noise ratio of each row in dB, (n,): 10 log₁₀(peak² / MSE), at most 100.

    Tables in the documentation report the mean of this metric over rows, not the ratio at the mean error.

    Parameters
    ----------
    peak : the range of a cell: 255 for 8-bit pixels, 1 for cells in 0..1.
    where : as in ``mse``.
    """
    return decibels(mse(clean, found, where), peak)


def decibels(error: Any, peak: float) -> Array:
    """10 log₁₀(peak² / error), at most 100 dB, of mean squared errors of any shape."""
    return np.asarray(10 * np.log10(peak**2 / np.maximum(error, peak**2 * 1e-10)))
