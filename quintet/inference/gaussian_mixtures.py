"""Mixtures of normals and k-means on latents, by code that opens no pool of threads and changes no filter of warnings.

scikit-learn's own k-means runs under OpenMP, whose threads do not survive a fork, and sets the thread count of BLAS for
the whole process meanwhile. Its EM, which does neither, is used from k-means' clusters on.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import cdist
from sklearn.cluster import kmeans_plusplus
from sklearn.mixture import GaussianMixture

from quintet.data.schema import Array

LLOYD = 100
"""Most steps of k-means."""


class QuietGaussianMixture(GaussianMixture):  # type: ignore[misc]
    """scikit-learn's mixture of normals that ends after ``max_iter`` steps without a warning."""

    @property
    def converged_(self) -> bool:
        """Always: nothing here depends on more steps."""
        return True

    @converged_.setter
    def converged_(self, value: bool) -> None:
        pass


def kmeans(z: Array, k: int, seed: int, starts: int = 1) -> Array:
    """The cluster of each row (n,), 0 .. k-1, by k-means++ and Lloyd's steps: the best of ``starts``."""
    found = [_lloyd(z, k, seed + start) for start in range(starts)]
    return min(found, key=lambda labels_and_cost: labels_and_cost[1])[0]


def fit_mixture(z: Array, k: int, ridge: float, seed: int, steps: int, starts: int = 1) -> QuietGaussianMixture:
    """k normals with full covariances fitted to z (n, latent_dim) by EM from k-means: the likeliest of ``starts``.

    Parameters
    ----------
    ridge : added to the variances.
    steps : most steps of EM.
    """
    fitted = [_from(z, kmeans(z, k, seed + start), k, ridge, steps) for start in range(starts)]
    best: QuietGaussianMixture = max(fitted, key=lambda mixture: mixture.lower_bound_)
    return best


def _from(z: Array, labels: Array, k: int, ridge: float, steps: int) -> QuietGaussianMixture:
    """EM from the normals of these clusters."""
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
    """Clusters and the sum of squared distances to their centres."""
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
