"""Clusters of rows by their latents."""

from __future__ import annotations

from typing import Any

from quintet.arguments import BatchRows, Condition, Count, Missing, RandomState, RowsLike
from quintet.entry_points import public
from quintet.estimators._answers.fitted_estimator import FittedEstimator, seed_for
from quintet.estimators._answers.latents import posterior_moments
from quintet.tasks.edit import cluster as task


@public
def cluster(
    self: FittedEstimator,
    X: RowsLike,
    k: Count,
    *,
    method: str = "mixture",
    return_probabilities: bool = False,
    condition: Condition | None = None,
    mask: Missing | None = None,
    batch_rows: BatchRows = 256,
    random_state: RandomState | None = None,
) -> Any:
    """Clusters of rows by their latents: labels (n,) of 0 .. k-1, the largest cluster first.

    Parameters
    ----------
    k : how many.
    method : "mixture" of normals with full covariances, or "kmeans".
    return_probabilities : give (labels, probabilities), the second (n, k).
    """
    z = posterior_moments(self, X, condition, mask, batch_rows)[0].numpy()
    labels, shares = task.cluster(z, k, method, seed_for(self, random_state))
    return (labels, shares) if return_probabilities else labels
