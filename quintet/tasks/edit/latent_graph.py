"""Latent graph: shortest paths from labelled rows through the latents of unlabelled rows, for augmentation.

A straight line from a row soon leaves its class. A path of short steps between neighbours seldom does, because regions
of low density separate classes. Neighbour graph and shortest paths: Tenenbaum, de Silva and Langford, 2000; a cost that
grows faster than length, so that paths stay in dense regions: Sajama and Orlitsky, 2005; labels that spread along such
paths: Chapelle and Zien, 2005.
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
"""Most unlabelled latents in the graph."""
POWER = 4.0
"""Exponent of the cost of a step in its length."""
REACH = 0.75
"""Share of a class's latents, nearest first, that new rows are made from; the class of farther ones is uncertain."""


@dataclass(frozen=True)
class LatentGraph:
    """Shortest path from a labelled row to each latent.

    ``nodes`` (n + m, latent_dim): the n labelled latents first. For each node, (n + m,): ``source``, the labelled node
    that its path starts from (-1: unreachable); ``costs``, the cost of the path; ``before``, the previous node on it (a
    source: itself).
    """

    nodes: Tensor
    source: Array
    costs: Array
    before: Array


def latent_graph(z: Tensor, points: Tensor, neighbours: int = 5) -> LatentGraph:
    """Shortest paths from z (n, latent_dim) through ``points`` (m, latent_dim) in the nearest-neighbour graph."""
    from scipy.sparse.csgraph import dijkstra

    points = points[torch.linspace(0, len(points) - 1, min(LARGEST, len(points)), dtype=torch.float32).round().long()]
    nodes = torch.cat([z.cpu().float(), points.cpu().float()])
    if len(nodes) == 1:
        return LatentGraph(nodes, np.zeros(1, int), np.zeros(1), np.zeros(1, int))
    graph = _graph(nodes, max(1, min(neighbours, len(nodes) - 1)))
    middle = float(np.median(graph.data)) or 1.0
    graph.data = np.maximum(graph.data / middle, 1e-6) ** POWER  # above 0: a sparse 0 would be no edge
    costs, before, source = dijkstra(
        graph.maximum(graph.T), directed=False, indices=np.arange(len(z)), min_only=True, return_predecessors=True
    )
    place = np.arange(len(nodes))
    return LatentGraph(nodes, np.where(np.isfinite(costs), source, -1), costs, np.where(before < 0, place, before))


def _graph(nodes: Tensor, neighbours: int) -> Any:
    """Distances from each node (n, latent_dim) to its nearest neighbours, a sparse matrix (n, n)."""
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
    """Latents of new rows, (m, latent_dim), and the index of the labelled row that each path starts from, (m,).

    A new latent is a random point on the last step of a path that starts at a row of its class. Noise with ``blur``
    times the standard deviation of that row's posterior is added.

    Parameters
    ----------
    z, spread : posterior means and standard deviations of the labelled rows, (n, latent_dim).
    points : latents of unlabelled rows, (k, latent_dim).
    y : labels, (n,).
    wanted : class -> number of new rows.
    neighbours : number of nearest neighbours of each node in the graph.
    """
    rng = np.random.default_rng((seed, 37))
    found = latent_graph(z, points, neighbours)
    made, origin = [z[:0].cpu()], [np.zeros(0, dtype=np.int64)]
    for label, count in wanted.items():
        if not count:
            continue
        of_class = np.flatnonzero((found.source >= 0) & (y[found.source] == label))
        of_class = of_class[np.argsort(found.costs[of_class], kind="stable")]
        near = of_class[: max(int(REACH * len(of_class)), int((y == label).sum()))]
        # each node is used in turn, in random order, so that a class is covered evenly
        end = np.concatenate([rng.permutation(near) for _ in range(-(-count // len(near)))])[:count]
        share = torch.from_numpy(rng.random((count, 1))).to(z)
        place = torch.lerp(found.nodes[found.before[end]], found.nodes[end], share)
        start = found.source[end]
        made.append(place + blur * spread[start] * torch.from_numpy(rng.standard_normal(place.shape)).to(z))
        origin.append(start)
    return torch.cat(made), np.concatenate(origin)
