"""Metrics from nearest neighbours: coverage of real rows by generated ones, and label agreement."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from quintet.report.labels import Labels

Array = NDArray[Any]


def neighbour_coverage(real: Array, drawn: Array, neighbours: int = 5) -> float:
    """Share of real rows that have a drawn row nearer than their k-th nearest real row; 1 is best.

    Naeem et al., "Reliable Fidelity and Diversity Metrics for Generative Models", 2020, equation 9.

    Parameters
    ----------
    real, drawn : (n, features) and (m, features), in units that make distances comparable.
    """
    from sklearn.neighbors import NearestNeighbors

    if len(real) < 2 or not len(drawn):
        return float("nan")
    count = min(neighbours, len(real) - 1)
    reach = NearestNeighbors(n_neighbors=count).fit(real).kneighbors(None)[0][:, -1]
    nearest = NearestNeighbors(n_neighbors=1).fit(drawn).kneighbors(real)[0][:, 0]
    return float((nearest <= reach).mean())


def gaussian_rows(rows: Array, count: int, seed: int = 0) -> Array:
    """Sample from the normal distribution with the mean and covariance of ``rows``, clipped to their range."""
    rows = np.asarray(rows, dtype=float)
    mean = rows.mean(0)
    _, values, axes = np.linalg.svd(rows - mean, full_matrices=False)
    spread = values / np.sqrt(max(len(rows) - 1, 1))
    drawn = (np.random.default_rng(seed).normal(size=(count, len(spread))) * spread) @ axes + mean
    return np.asarray(np.clip(drawn, rows.min(0), rows.max(0)))


def agreement(points: Array, labels: Labels, neighbours: int = 5) -> float:
    """Mean share of a row's nearest rows that have its label."""
    from sklearn.neighbors import NearestNeighbors

    if labels.codes is None or len(points) < 2:
        return float("nan")
    count = min(neighbours, len(points) - 1)
    near = NearestNeighbors(n_neighbors=count).fit(points).kneighbors(None)[1]
    return float((labels.codes[near] == labels.codes[:, None]).mean())
