"""Codes and true factors: validation, binning, mutual information and splits."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from quintet.errors import InputError

Array = npt.NDArray[np.float64]

BINS = 20
"""Bins of a code, and of a factor with more values than that (Locatello et al., "Challenging common assumptions in the
unsupervised learning of disentangled representations", 2019)."""


class Known(NamedTuple):
    """Codes, and the factors that vary."""

    codes: Array  # (n, latents)
    factors: Array  # (n, factors)
    named: frozenset[int]  # columns of factors whose numbers are names, in no order


def known(codes: Any, factors: Any, named: Collection[int] = ()) -> Known:
    """Check shapes and numbers, and leave out constant factors.

    Raises
    ------
    InputError
        If shapes, numbers or columns are not allowed.
    """
    z, v = np.asarray(codes, dtype=np.float64), np.asarray(factors, dtype=np.float64)
    if z.ndim != 2 or v.ndim != 2 or len(z) != len(v) or len(z) < 2:
        raise InputError(
            "codes and factors must be (n, latents) and (n, factors) with the same n of at least 2, "
            f"got shapes {z.shape} and {v.shape}."
        )
    if not (np.isfinite(z).all() and np.isfinite(v).all()):
        raise InputError("codes and factors must be finite, got NaN or infinity: leave those rows out.")
    if wrong := sorted(k for k in named if not 0 <= k < v.shape[1]):
        raise InputError(f"named must hold columns of factors, 0 to {v.shape[1] - 1}, got {wrong}.")
    varies = np.flatnonzero(np.ptp(v, axis=0) > 0)
    return Known(z, v[:, varies], frozenset(int(i) for i, k in enumerate(varies) if k in named))


def binned(column: Array, bins: int = BINS) -> npt.NDArray[np.intp]:
    """Index of each number among the distinct values, or among ``bins`` of equal width if there are more values."""
    values, place = np.unique(column, return_inverse=True)
    if len(values) <= bins:
        return np.asarray(place)
    edges = np.linspace(values[0], values[-1], bins + 1)[1:-1]
    return np.asarray(np.digitize(column, edges))


def information(codes: Array, factors: Array, bins: int = BINS) -> Array:
    """I(z_j; v_k) in nats of binned columns, (latents, factors); biased upwards by about (cells - 1)² / 2n."""
    z, v = ([binned(column, bins) for column in t.T] for t in (codes, factors))
    table = [[entropy(a) + entropy(b) - entropy(a * (b.max() + 1) + b) for b in v] for a in z]
    return np.array(table).reshape(codes.shape[1], factors.shape[1]).clip(min=0.0)


def entropy(levels: npt.NDArray[np.intp]) -> float:
    """Entropy in nats of the frequencies of whole numbers."""
    counts = np.unique(levels, return_counts=True)[1]
    share = counts / counts.sum()
    return float(-(share * np.log(share)).sum())


def halves(n: int, seed: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Indices of training and of test rows, half each."""
    order = np.random.default_rng(seed).permutation(n)
    return order[: n // 2], order[n // 2 :]
