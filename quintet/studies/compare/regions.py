"""Rows decoded from dense and sparse regions of the codes in latent space."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from quintet.models.fitted import Fitted
from quintet.tasks.edit.traversal import decode_means

Array = np.ndarray[Any, Any]
SHARE, PAIRS, NEIGHBOURS = 0.1, 2000, 5


def regions(codes: Array, count: int = 10, seed: int = 0) -> tuple[Array, Array]:
    """Sample codes from the densest regions, and midpoints of codes from the sparsest.

    Dense: the tenth of the codes with the nearest fifth neighbours. Sparse: of midpoints between two random codes, the
    tenth farthest from all codes; all points are in the convex hull of the codes.

    Parameters
    ----------
    codes : (n, latent_dim), at least two.

    Returns
    -------
    dense, sparse : (at most count, latent_dim) each.
    """
    from sklearn.neighbors import NearestNeighbors

    rng = np.random.default_rng(seed)
    near = NearestNeighbors(n_neighbors=min(NEIGHBOURS + 1, len(codes))).fit(codes)
    thick = np.argsort(near.kneighbors(codes)[0][:, -1], kind="stable")
    first = rng.integers(0, len(codes), PAIRS)
    second = (first + rng.integers(1, len(codes), PAIRS)) % len(codes)
    between = (codes[first] + codes[second]) / 2
    thin = np.argsort(-near.kneighbors(between, n_neighbors=1)[0][:, 0], kind="stable")
    dense, sparse = (order[: max(count, int(SHARE * len(order)))] for order in (thick, thin))
    return codes[_some(dense, count, rng)], between[_some(sparse, count, rng)]


def decoded(fitted: Fitted, codes: Array, rows: Array, condition: torch.Tensor | None, seed: int) -> dict[str, Array]:
    """E[x|z] in both regions, (count, *row) each, and mean squared distances per cell to the nearest of ``rows``.

    Parameters
    ----------
    codes : (n, latent_dim) posterior means.
    rows : (m, *row) held-out rows in the user's units.
    condition : (condition_dim,) condition of the decoder.
    """
    found: dict[str, Array] = {}
    for name, z in zip(("dense", "sparse"), regions(codes, seed=seed), strict=True):
        given = None if condition is None else condition.expand(len(z), -1)
        new = fitted.schema.to_user(decode_means(fitted, torch.from_numpy(z).float(), given)).astype(np.float32)
        flat, held = new.reshape(len(new), -1), rows.reshape(len(rows), -1).astype(np.float32)
        apart = np.stack([np.square(held - row).mean(1).min() for row in flat])
        found |= {name: new, f"{name}_apart": apart}
    return found


def _some(order: Array, count: int, rng: np.random.Generator) -> Array:
    return rng.permutation(order)[:count]
