"""Baselines of the five questions: standard methods without a generative network."""

from __future__ import annotations

import lzma
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def xz_bytes(rows: Array) -> int:
    """Size of the rows' bytes under xz at its strongest setting."""
    return len(lzma.compress(np.ascontiguousarray(rows).tobytes(), preset=9 | lzma.PRESET_EXTREME))


def median_filter(images: Array) -> Array:
    """The median of each pixel's 3x3 neighbourhood, (n, height, width)."""
    from scipy.ndimage import median_filter as filtered

    smooth: Array = filtered(images, size=(1, 3, 3), mode="nearest")
    return smooth


def nearest_rows(train: Array, rows: Array, missing: Array, k: int = 10) -> Array:
    """Impute missing cells with the mean of the k training rows nearest in the observed cells.

    Parameters
    ----------
    train : (m, cells) of complete rows.
    rows : (n, cells); missing cells are ignored.
    missing : (n, cells) of bool.
    k : number of neighbours.

    Returns
    -------
    (n, cells) of float.
    """
    filled = np.empty(rows.shape, dtype=np.float64)
    for start in range(0, len(rows), 250):
        part = slice(start, start + 250)
        there = (~missing[part]).astype(np.float32)
        seen = np.where(missing[part], 0, rows[part]).astype(np.float32)
        distance = np.empty((len(seen), len(train)), dtype=np.float32)
        for first in range(0, len(train), 5000):  # float copies of a piece at a time
            near = train[first : first + 5000].astype(np.float32)
            # squared distance over the observed cells, up to the row's own square: |t|² - 2 t·x
            distance[:, first : first + 5000] = there @ np.square(near).T - 2 * (seen @ near.T)
        index = np.argpartition(distance, k, axis=1)[:, :k]
        filled[part] = np.stack([train[few].mean(axis=0) for few in index])
    return np.where(missing, filled, rows)


class Gaussian:
    """A multivariate normal over all cells, fitted to complete rows.

    Parameters
    ----------
    train : (m, cells).
    ridge : variance added to each cell, in squared units of the cells.
    """

    def __init__(self, train: Array, ridge: float = 25.0) -> None:
        self.mean = train.mean(axis=0, dtype=np.float64)
        mean, product = self.mean.astype(np.float32), np.zeros((train.shape[1], train.shape[1]))
        for start in range(0, len(train), 5000):  # float copies of a piece at a time
            centred = train[start : start + 5000].astype(np.float32) - mean
            product += centred.T @ centred
        self.covariance = product / len(train)
        self.ridge = ridge

    def impute(self, rows: Array, missing: Array) -> Array:
        """E[missing cells | observed cells], (n, cells); rows with equal masks are solved together."""
        filled = rows.astype(np.float64)
        patterns, which = np.unique(missing, axis=0, return_inverse=True)
        for number, pattern in enumerate(patterns):
            chosen = np.flatnonzero(which.ravel() == number)
            there = ~pattern
            if not pattern.any():
                continue
            gap = (filled[chosen][:, there] - self.mean[there]).T
            inside = self.covariance[np.ix_(there, there)] + self.ridge * np.eye(int(there.sum()))
            weights = np.linalg.solve(inside, gap)
            filled[np.ix_(chosen, pattern)] = self.mean[pattern] + (self.covariance[np.ix_(pattern, there)] @ weights).T
        return filled

    def denoise(self, rows: Array, rate: float, levels: int = 256) -> Array:
        """The best linear estimate of clean rows, of which a known share of cells was replaced by uniform levels."""
        clean_share = 1 - rate
        middle, spread = (levels - 1) / 2, (levels**2 - 1) / 12
        mean = clean_share * self.mean + rate * middle
        own = np.diag(self.covariance) + np.square(self.mean)
        variance = clean_share * own + rate * (spread + middle**2) - np.square(mean)
        noisy = clean_share**2 * self.covariance
        np.fill_diagonal(noisy, variance + self.ridge)
        weights = np.linalg.solve(noisy, clean_share * self.covariance).T
        estimate: Array = self.mean + (rows - mean) @ weights.T
        return np.clip(estimate, 0, levels - 1)


def neighbour_distance(train: Array, rows: Array, k: int = 5) -> Array:
    """Anomaly score: mean distance to the k nearest training rows, divided by the root of the row's norm.

    Distances between pictures grow with the amount of ink; the root of the norm removes most of that.
    """
    from sklearn.neighbors import NearestNeighbors

    found = NearestNeighbors(n_neighbors=min(k, len(train)), algorithm="brute").fit(train.astype(np.float32))
    distance, _ = found.kneighbors(rows.astype(np.float32))
    norm = np.sqrt(np.linalg.norm(rows.astype(np.float64), axis=1)) + 1e-9
    score: Array = distance.mean(axis=1) / norm
    return score


def local_outlier_factor(train: Array, rows: Array, k: int = 10) -> Array:
    """Local outlier factor (Breunig et al., 2000) of the raw cells; higher is more anomalous."""
    from sklearn.neighbors import LocalOutlierFactor

    model = LocalOutlierFactor(n_neighbors=min(k, len(train) - 1), algorithm="brute", novelty=True).fit(
        train.astype(np.float32)
    )
    score: Array = -model.score_samples(rows.astype(np.float32))
    return score


def independent_cells(train: Array, n: int, seed: int) -> Array:
    """Sample each cell independently from its training values."""
    rng = np.random.default_rng(seed)
    pick = rng.integers(0, len(train), size=(n, train.shape[1]))
    return np.take_along_axis(train, pick, axis=0)
