"""Codes beside the known factors that made the rows: checked, put in bins, split in halves."""

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
    """Codes and the factors that vary."""

    codes: Array  # (n, latents)
    factors: Array  # (n, factors)
    named: frozenset[int]  # columns of factors whose numbers are names, in no order


def known(codes: Any, factors: Any, named: Collection[int] = ()) -> Known:
    """Check shapes and numbers; leave out factors of one value only, of which nothing can be told.

    Raises
    ------
    InputError
        What came, what is allowed.
    """
    z, v = np.asarray(codes, dtype=np.float64), np.asarray(factors, dtype=np.float64)
    if z.ndim != 2 or v.ndim != 2 or len(z) != len(v) or len(z) < 2:
        raise InputError(
            f"codes of shape {z.shape} and factors of shape {v.shape} came; needed are (n, latents) and (n, factors) "
            "of the same n, at least 2 rows."
        )
    if not (np.isfinite(z).all() and np.isfinite(v).all()):
        raise InputError("codes or factors hold NaN or infinite numbers; leave those rows out.")
    if wrong := sorted(k for k in named if not 0 <= k < v.shape[1]):
        raise InputError(f"named={wrong} came; columns of the factors are 0 to {v.shape[1] - 1}.")
    varies = np.flatnonzero(np.ptp(v, axis=0) > 0)
    return Known(z, v[:, varies], frozenset(int(i) for i, k in enumerate(varies) if k in named))


def binned(column: Array, bins: int = BINS) -> npt.NDArray[np.intp]:
    """The place of each number among the column's values, or among ``bins`` of equal width where there are more."""
    values, place = np.unique(column, return_inverse=True)
    if len(values) <= bins:
        return np.asarray(place)
    edges = np.linspace(values[0], values[-1], bins + 1)[1:-1]
    return np.asarray(np.digitize(column, edges))


def information(codes: Array, factors: Array, bins: int = BINS) -> Array:
    """I(z_j; v_k) in nats of binned columns, (latents, factors); too large by about (cells - 1)² / 2n."""
    z, v = ([binned(column, bins) for column in t.T] for t in (codes, factors))
    table = [[entropy(a) + entropy(b) - entropy(a * (b.max() + 1) + b) for b in v] for a in z]
    return np.array(table).reshape(codes.shape[1], factors.shape[1]).clip(min=0.0)


def entropy(levels: npt.NDArray[np.intp]) -> float:
    """Entropy in nats of the shares of whole numbers."""
    counts = np.unique(levels, return_counts=True)[1]
    share = counts / counts.sum()
    return float(-(share * np.log(share)).sum())


def halves(n: int, seed: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Rows to learn from and rows to judge on."""
    order = np.random.default_rng(seed).permutation(n)
    return order[: n // 2], order[n // 2 :]
