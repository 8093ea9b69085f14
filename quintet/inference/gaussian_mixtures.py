"""k-means and Gaussian mixtures on latents, without thread pools and without changes of warning filters.

scikit-learn's k-means uses OpenMP, whose threads do not survive a fork, and sets the BLAS thread count of the process
meanwhile. Its EM does neither and is used, starting from the clusters of k-means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial.distance import cdist

from quintet.data.schema import Array

if TYPE_CHECKING:
    from quintet.inference.quiet_mixture import QuietGaussianMixture

LLOYD = 100
"""Largest number of steps of k-means."""


def kmeans(z: Array, k: int, seed: int, starts: int = 1) -> Array:
    """Cluster of each row (n,), 0 .. k-1, by k-means++ and Lloyd's algorithm, the best of ``starts`` runs."""
    found = [_lloyd(z, k, seed + start) for start in range(starts)]
    return min(found, key=lambda labels_and_cost: labels_and_cost[1])[0]


def fit_mixture(z: Array, k: int, ridge: float, seed: int, steps: int, starts: int = 1) -> QuietGaussianMixture:
    """Mixture of k normals with full covariances fitted to z (n, latent_dim) by EM, the best of ``starts`` runs.

    Parameters
    ----------
    ridge : value added to the variances.
    steps : largest number of EM steps.
    """
    fitted = [_from(z, kmeans(z, k, seed + start), k, ridge, steps) for start in range(starts)]
    best: QuietGaussianMixture = max(fitted, key=lambda mixture: mixture.lower_bound_)
    return best


def _from(z: Array, labels: Array, k: int, ridge: float, steps: int) -> QuietGaussianMixture:
    """EM initialised at the normals of these clusters."""
    from quintet.inference.quiet_mixture import QuietGaussianMixture  # scikit-learn's is slow to import

    size = z.shape[1]
    share = np.bincount(labels, minlength=k) + 1e-9
    means, precisions = np.empty((k, size)), np.empty((k, size, size))
    for cluster in range(k):
        own = z[labels == cluster]
        means[cluster] = own.mean(0) if len(own) else z.mean(0)
        centred = own - means[cluster]
        precisions[cluster] = np.linalg.inv(centred.T @ centred / max(len(own), 1) + ridge * np.eye(size))
    mixture = QuietGaussianMixture(
        k,
        reg_covar=ridge,
        max_iter=steps,
        weights_init=share / share.sum(),
        means_init=means,
        precisions_init=(precisions + precisions.transpose(0, 2, 1)) / 2,
    )
    fitted: QuietGaussianMixture = mixture.fit(z)
    return fitted


def _lloyd(z: Array, k: int, seed: int) -> tuple[Array, float]:
    """Cluster labels, and the sum of squared distances to the centres."""
    from sklearn.cluster import kmeans_plusplus

    centres, _ = kmeans_plusplus(z, k, random_state=seed % 2**32)
    labels: Array = np.full(len(z), -1)
    for _ in range(LLOYD):
        distance = cdist(z, centres, "sqeuclidean")
        nearest = distance.argmin(1)
        if (nearest == labels).all():
            break
        labels = nearest
        count = np.bincount(labels, minlength=k)
        sums = np.stack([np.bincount(labels, weights=column, minlength=k) for column in z.T], axis=1)
        centres = np.where(count[:, None] > 0, sums / np.maximum(count, 1)[:, None], centres)
    return labels, float(distance[np.arange(len(z)), labels].sum())
