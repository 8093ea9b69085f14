"""Clusters of rows, found among their latents."""

from __future__ import annotations

import warnings

import numpy as np

from quintet.data.schema import Array
from quintet.errors import InputError, nearest

METHODS = ("mixture", "kmeans")


def cluster(z: Array, k: int, method: str = "mixture", seed: int = 0) -> tuple[Array, Array]:
    """Cluster latents (n, latent_dim) into k groups.

    ``mixture``: normals with full covariances, a little ridge on each; ``kmeans``: k-means++ and Lloyd's steps.

    Returns
    -------
    labels : (n,) of 0 .. k-1, cluster 0 the largest.
    probabilities : (n, k); zeros and ones for ``kmeans``.
    """
    if method not in METHODS:
        raise InputError(f"method={method!r} is not known: {nearest(method, METHODS)}.")
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or not 1 <= k <= len(z):
        raise InputError(f"k={k!r} clusters came for {len(z)} rows; allowed is a whole number from 1 to {len(z)}.")
    z = z.astype(np.float64)
    if method == "kmeans":
        from sklearn.cluster import KMeans

        shares = np.eye(k)[KMeans(k, n_init=4, random_state=seed % 2**32).fit_predict(z)]
    else:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.mixture import GaussianMixture

        ridge = 1e-3 * float(z.var(0).mean()) + 1e-9
        mixture = GaussianMixture(k, reg_covar=ridge, n_init=2, max_iter=200, random_state=seed % 2**32)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            shares = mixture.fit(z).predict_proba(z) if len(z) > 1 else np.ones((1, 1))
    order = np.argsort(-np.bincount(shares.argmax(1), minlength=k), kind="stable")
    shares = shares[:, order]
    labels: Array = shares.argmax(1)
    return labels, shares
