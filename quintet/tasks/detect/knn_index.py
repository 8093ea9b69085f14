"""Nearest-neighbour index of reference points: mean distance and local density of query rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from quintet.artifacts.detection import NeighbourIndex
from quintet.tasks.detect.leaf_index import LeafIndex, enough_leaves, tree_order
from quintet.tasks.detect.nearest_neighbours import Bundles, exclude_self

NEIGHBOURS = 10
"""Neighbours of a row, where all reference points are normal."""


@dataclass(frozen=True)
class KnnIndex:
    """Reference points, and the mean distance of each to its own nearest neighbours.

    ``points`` (m, dim); ``spread`` (m,): these distances; ``order`` (m,): the order in which points fill the leaves, or
    None in files of 0.1, where a query searches all points; ``probed``: number of leaves that a query searches;
    ``neighbours``: how many nearest points are a row's neighbours.
    """

    points: Tensor
    spread: Tensor
    order: Tensor | None = None
    probed: int = 0
    neighbours: int = NEIGHBOURS

    @classmethod
    def of(cls, points: Tensor, neighbours: int = NEIGHBOURS) -> KnnIndex:
        """Build from reference points (m, dim), which are rounded to half precision."""
        points = points.half().float()
        order = tree_order(points)
        probed = enough_leaves(points, order, neighbours)
        every = torch.arange(len(points), device=points.device)
        distance, _ = LeafIndex.of(points, order, probed).nearest(points, neighbours, exclude_self(every))
        return cls(points, _mean(distance), order, probed, neighbours)

    @classmethod
    def read(cls, kept: NeighbourIndex, device: torch.device) -> KnnIndex:
        """Build from the stored artifact."""
        points, spread = kept.points.to(device).float(), kept.spread.to(device)
        if kept.order is None or kept.probed is None:
            return cls(points, spread)
        neighbours = NEIGHBOURS if kept.neighbours is None else int(kept.neighbours)
        return cls(points, spread, kept.order.to(device).long(), int(kept.probed), neighbours)

    def artifact(self) -> NeighbourIndex:
        """The artifact to store."""
        points, spread = self.points.half().cpu(), self.spread.cpu()
        if self.order is None:
            return NeighbourIndex(points, spread)
        probed, neighbours = (torch.tensor([n], dtype=torch.int32) for n in (self.probed, self.neighbours))
        usual = self.neighbours == NEIGHBOURS
        return NeighbourIndex(points, spread, self.order.int().cpu(), probed, None if usual else neighbours)

    @cached_property
    def _searched(self) -> LeafIndex | Bundles:
        return Bundles.of(self.points) if self.order is None else LeafIndex.of(self.points, self.order, self.probed)

    def measure(self, queries: Tensor, without: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Log distance, and log distance relative to the neighbours', of each query, (n,) both; higher is stranger.

        With d the mean distance of a row to its nearest references, s̄ the mean of the references' own such
        distances, and s that of the row's neighbours,

            distance = log (d + s̄) / 2s̄,        density = log (d + s̄) / (s + s̄).

        The second is the simplified local outlier factor (Breunig et al., 2000; Schubert et al., 2014) with both scales
        shrunk half-way to s̄, which keeps it finite for duplicates and very tight clusters.

        Parameters
        ----------
        queries : (n, dim).
        without : (n, 2), start and stop of the references that each query ignores.
        """
        distance, index = self._searched.nearest(queries, self.neighbours, without)
        usual = self.spread.mean().clamp(min=1e-12)
        off = _mean(distance) + usual
        crowd = _mean(self.spread[index]) + usual
        return (off / (2 * usual)).log(), (off / crowd).log()


def _mean(distance: Tensor) -> Tensor:
    """Mean over the neighbours; 0 where there are none."""
    return distance.mean(1) if distance.shape[1] else distance.new_zeros(len(distance))
