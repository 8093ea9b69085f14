"""Fréchet distance of two sets of rows, from means and covariances of their features."""

from __future__ import annotations

from typing import Any

import numpy as np

from quintet.arguments import Table
from quintet.entry_points import public
from quintet.errors import InputError


@public
def frechet_distance(first: Table, second: Table) -> float:
    """Fréchet distance of the normals fitted to two sets of features: |μ₁ - μ₂|² + tr(C₁ + C₂ - 2 (C₁ C₂)^½).

    Dowson and Landau, 1982; with Inception's features it is the FID of Heusel et al., 2017. The trace of the root is
    the sum of the roots of the eigenvalues of C₁^½ C₂ C₁^½, which is symmetric.

    Parameters
    ----------
    first, second : (n, features), (m, features).
    """
    a, b = (np.asarray(f, dtype=np.float64).reshape(len(f), -1) for f in (first, second))
    if a.shape[1] != b.shape[1]:
        raise InputError(f"second must have {a.shape[1]} columns, as first, got {b.shape[1]}.")
    gap = a.mean(0) - b.mean(0)
    cov_a, cov_b = _covariance(a), _covariance(b)
    values, vectors = np.linalg.eigh(cov_a)
    root = (vectors * np.sqrt(values.clip(min=0))) @ vectors.T
    shared = np.sqrt(np.linalg.eigvalsh(root @ cov_b @ root).clip(min=0)).sum()
    return float(max(0.0, gap @ gap + np.trace(cov_a) + np.trace(cov_b) - 2 * shared))


def _covariance(features: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """(features, features); zeros for a single row."""
    width = features.shape[1]
    return np.cov(features, rowvar=False).reshape(width, width) if len(features) > 1 else np.zeros((width, width))
