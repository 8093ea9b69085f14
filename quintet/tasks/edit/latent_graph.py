"""Walk: from labelled rows through the latents of rows without labels, by short steps where many rows lie.

A straight line from a row soon leaves its class; a chain of near rows seldom does, since classes are parted by places
where few rows lie. Graph of neighbours and shortest ways: Tenenbaum, de Silva and Langford, 2000; long steps cost more
than their length, so that ways keep to where rows are dense: Sajama and Orlitsky, 2005; labels that spread along such
ways: Chapelle and Zien, 2005.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from quintet.data.schema import Array
from quintet.tasks.detect.nearest_neighbours import exclude_self, k_nearest

LARGEST = 10_000
"""Latents without labels that are walked through, at most."""
POWER = 4.0
"""A step costs its length to this power."""
REACH = 0.75
"""Share of a class's latents, the nearest ones, that new rows start from: those far out are in doubt."""


@dataclass(frozen=True)
class LatentGraph:
    """The shortest way to each latent, from a labelled row.

    ``nodes`` (n + m, latent_dim), the n labelled ones first; of each its ``source`` among these (−1: no way leads to
    it), what its way ``costs``, and the node ``before`` it on the way (a source: itself).
    """

    nodes: Tensor
    source: Array
    costs: Array
    before: Array


def latent_graph(z: Tensor, points: Tensor, neighbours: int = 5) -> LatentGraph:
    """Shortest ways from each of z (n, latent_dim) through ``points`` (m, latent_dim), by each one's nearest."""
    from scipy.sparse.csgraph import dijkstra

    points = points[torch.linspace(0, len(points) - 1, min(LARGEST, len(points)), dtype=torch.float32).round().long()]
    nodes = torch.cat([z.cpu().float(), points.cpu().float()])
    if len(nodes) == 1:
        return LatentGraph(nodes, np.zeros(1, int), np.zeros(1), np.zeros(1, int))
    graph = _graph(nodes, max(1, min(neighbours, len(nodes) - 1)))
    middle = float(np.median(graph.data)) or 1.0
    graph.data = np.maximum(graph.data / middle, 1e-6) ** POWER  # above 0: two rows alike are joined, not parted
    costs, before, source = dijkstra(
        graph.maximum(graph.T), directed=False, indices=np.arange(len(z)), min_only=True, return_predecessors=True
    )
    place = np.arange(len(nodes))
    return LatentGraph(nodes, np.where(np.isfinite(costs), source, -1), costs, np.where(before < 0, place, before))


def _graph(nodes: Tensor, neighbours: int) -> Any:
    """The distances from each node (n, latent_dim) to its nearest others, a sparse matrix (n, n)."""
    from scipy.sparse import csr_matrix

    distance, index = k_nearest(nodes, nodes, neighbours, exclude_self(torch.arange(len(nodes))))
    starts = np.arange(len(nodes) + 1) * distance.shape[1]
    return csr_matrix((distance.double().flatten().numpy(), index.flatten().numpy(), starts), (len(nodes), len(nodes)))


def walk_from_labelled(
    z: Tensor,
    spread: Tensor,
    points: Tensor,
    y: Array,
    wanted: Mapping[Any, int],
    neighbours: int,
    blur: float,
    seed: int,
) -> tuple[Tensor, Array]:
    """Latents of new rows, (m, latent_dim), and the labelled row (m,) that each way starts from.

    A new latent lies at a random place on the last step of a way that starts at a row of its class; then it is drawn
    from that row's own posterior about there, ``blur`` times as wide.

    Parameters
    ----------
    z, spread : means and spreads of the labelled rows' posteriors, (n, latent_dim).
    points : latents of rows without labels, (k, latent_dim).
    y : (n,)
    wanted : class -> number of new rows.
    neighbours : nearest latents that each one is joined to.
    """
    rng = np.random.default_rng((seed, 37))
    found = latent_graph(z, points, neighbours)
    made, origin = [z[:0].cpu()], [np.zeros(0, dtype=np.int64)]
    for label, count in wanted.items():
        if not count:
            continue
        mine = np.flatnonzero((found.source >= 0) & (y[found.source] == label))
        mine = mine[np.argsort(found.costs[mine], kind="stable")]
        near = mine[: max(int(REACH * len(mine)), int((y == label).sum()))]
        # each serves in turn, in random order, so that a class is covered evenly
        end = np.concatenate([rng.permutation(near) for _ in range(-(-count // len(near)))])[:count]
        share = torch.from_numpy(rng.random((count, 1))).to(z)
        place = torch.lerp(found.nodes[found.before[end]], found.nodes[end], share)
        start = found.source[end]
        made.append(place + blur * spread[start] * torch.from_numpy(rng.standard_normal(place.shape)).to(z))
        origin.append(start)
    return torch.cat(made), np.concatenate(origin)
