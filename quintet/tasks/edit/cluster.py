"""Clustering of rows by their latents."""

from __future__ import annotations

import numpy as np

from quintet.arguments.rules import Whole
from quintet.data.schema import Array
from quintet.errors import InputError, nearest
from quintet.inference.gaussian_mixtures import fit_mixture, kmeans

METHODS = ("mixture", "kmeans")


def cluster(z: Array, k: int, method: str = "mixture", seed: int = 0) -> tuple[Array, Array]:
    """Cluster latents (n, latent_dim) into k groups.

    ``mixture``: a Gaussian mixture with full covariances and a ridge; ``kmeans``: k-means++ and Lloyd's algorithm.

    Returns
    -------
    labels : (n,) of 0 .. k-1, cluster 0 the largest.
    probabilities : (n, k); zeros and ones for ``kmeans``.
    """
    if method not in METHODS:
        raise InputError(f"method={method!r} is not known: {nearest(method, METHODS)}.")
    Whole(1, len(z)).validate("k", k)
    z = z.astype(np.float64)
    if method == "kmeans":
        shares = np.eye(k)[kmeans(z, k, seed, starts=4)]
    elif len(z) == 1:
        shares = np.ones((1, 1))
    else:
        ridge = 1e-3 * float(z.var(0).mean()) + 1e-9
        shares = fit_mixture(z, k, ridge, seed, steps=200, starts=2).predict_proba(z)
    order = np.argsort(-np.bincount(shares.argmax(1), minlength=k), kind="stable")
    shares = shares[:, order]
    labels: Array = shares.argmax(1)
    return labels, shares
