"""Approximate nearest-neighbour index: leaves of equal size, of which a query searches those with the nearest centres.

It is an inverted file (Sivic and Zisserman, 2003; Jégou et al., "Product quantization for nearest neighbor search",
2011) whose lists are the leaves of a principal axis tree. The number of leaves to search is chosen for a recall of
``RECALL`` on the reference points themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.tasks.detect.nearest_neighbours import BUNDLE, exclude_self, k_nearest, within

SIZE = 256
"""Most points of a leaf."""
QUERIES = 8192
"""Most queries in one search, which bounds memory."""
RECALL, SAMPLE, FEWEST = 0.998, 512, 16
"""Recall that a search must reach, number of reference points that recall is estimated on, and the fewest leaves that a
search covers: all of them up to 4,096 points. Outliers lie farther from centres than reference points do."""
TOGETHER, BLOCK = 128, 256
"""Queries per product with a leaf, and per product with centres or candidates. Smaller blocks are padded, so that a
distance does not depend on the other queries."""


@dataclass(frozen=True)
class LeafIndex:
    """Reference points in leaves.

    ``points`` (leaves, size, dim); ``squares`` (leaves, size): squared norms, infinite for padding; ``centres``
    (leaves, dim); ``numbers`` (leaves, size): index of each point in the input; ``count``: number of points;
    ``probed``: number of leaves that a query searches.
    """

    points: Tensor
    squares: Tensor
    centres: Tensor
    numbers: Tensor
    count: int
    probed: int

    @classmethod
    def of(cls, points: Tensor, order: Tensor, probed: int) -> LeafIndex:
        """Build from points (m, dim) and the ``order`` (m,) in which they fill the leaves."""
        leaves, size = _sizes(len(points))
        short = leaves * size - len(points)
        ordered = points[order]
        filled = torch.cat([ordered, points.new_zeros(short, points.shape[1])]).view(leaves, size, -1)
        squares = torch.cat([ordered.square().sum(1), points.new_full((short,), torch.inf)]).view(leaves, size)
        numbers = torch.cat([order, order.new_full((short,), len(points))]).view(leaves, size)
        centres = filled.sum(1) / (numbers < len(points)).sum(1, keepdim=True).clamp(min=1)
        return cls(filled, squares, centres, numbers, len(points), min(probed, leaves))

    def nearest(self, queries: Tensor, k: int, without: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Euclidean distances to the k nearest points of the searched leaves, ascending, and indices, (n, k) both.

        Parameters
        ----------
        queries : (n, dim) float32.
        without : (n, 2), start and stop of the indices that each query ignores; or None.
        """
        ignored = 0 if without is None or not len(without) else int((without[:, 1] - without[:, 0]).max())
        k, n = max(0, min(k, self.count - ignored)), len(queries)
        if not k or not n:
            return queries.new_zeros(n, k), torch.zeros(n, k, dtype=torch.long, device=queries.device)
        found: list[tuple[Tensor, Tensor]] = []
        for start in range(0, n, QUERIES):
            some = slice(start, start + QUERIES)
            found += self._search(_padded(queries[some]), k, None if without is None else _padded(without[some]))
        distance, places = (torch.cat(parts) for parts in zip(*found, strict=True))
        return distance[:n], places[:n]

    def nearest_leaves(self, queries: Tensor, count: int) -> Tensor:
        """The ``count`` leaves with the nearest centres, nearest first, (n, count); n is a multiple of ``BLOCK``."""
        squares = self.centres.square().sum(1)
        off = [torch.addmm(squares, some, self.centres.T, alpha=-2) for some in torch.split(queries, BLOCK)]
        return torch.cat(off).topk(count, dim=1, largest=False).indices

    def _search(self, queries: Tensor, k: int, without: Tensor | None) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield distances and indices block by block; the number of queries is a multiple of ``BLOCK``."""
        probed = self.nearest_leaves(queries, self.probed)
        least = self._least(queries, probed, without)
        few = least.topk(min(k, least.shape[1]), dim=1, largest=False).indices
        bundles = self.points.shape[1] // BUNDLE
        few = probed.gather(1, few // bundles) * bundles + few % bundles
        for start in range(0, len(queries), BLOCK):
            some = slice(start, start + BLOCK)
            yield self._exact(queries[some], few[some], None if without is None else without[some], k)

    def _least(self, queries: Tensor, probed: Tensor, without: Tensor | None) -> Tensor:
        """|q - r|² - |q|² of the nearest point r of each bundle in the searched leaves, (n, probed * bundles)."""
        least = queries.new_empty(probed.numel(), self.points.shape[1] // BUNDLE)
        leaves, pairs = probed.flatten().sort(stable=True)
        rows, done = pairs // probed.shape[1], 0
        for leaf, count in enumerate(torch.bincount(leaves, minlength=len(self.points)).tolist()):
            points, squares = self.points[leaf], self.squares[leaf, :, None]
            for start in range(done, done + count, TOGETHER):
                members = rows[start : min(start + TOGETHER, done + count)]
                some = slice(start, start + len(members))
                members = members if len(members) == TOGETHER else _padded(members, TOGETHER)
                distance = torch.addmm(squares, points, queries[members].T, alpha=-2)
                if without is not None:
                    distance.masked_fill_(within(self.numbers[leaf, :, None], *without[members].T), torch.inf)
                least[some] = distance.view(-1, BUNDLE, TOGETHER).amin(1).T[: some.stop - start]
            done += count
        place = torch.empty_like(pairs).scatter_(0, pairs, torch.arange(len(pairs), device=pairs.device))
        return least[place].view(len(queries), -1)

    def _exact(self, queries: Tensor, few: Tensor, without: Tensor | None, k: int) -> tuple[Tensor, Tensor]:
        """Distances and indices of the k nearest points in the bundles ``few`` (n, bundles), (n, k) both."""
        points = self.points.view(-1, BUNDLE, self.points.shape[2])[few].flatten(1, 2)
        numbers = self.numbers.view(-1, BUNDLE)[few].flatten(1)
        out = numbers >= self.count
        if without is not None:
            out |= within(numbers, without[:, :1], without[:, 1:])
        exact = torch.linalg.vector_norm(points.sub_(queries[:, None]), dim=2).masked_fill_(out, torch.inf)
        near, place = exact.topk(k, dim=1, largest=False)
        return near, numbers.gather(1, place).clamp_(max=self.count - 1)


def tree_order(points: Tensor) -> Tensor:
    """Order in which points (m, dim) fill the leaves, (m,): recursive halving along the main direction."""
    leaves, size = _sizes(len(points))
    waiting, done = [(torch.arange(len(points), device=points.device), leaves)], []
    while waiting:
        index, count = waiting.pop()
        if count <= 1:
            done.append(index)
            continue
        some = points[index]
        ranks = ((some - some.mean(0)) @ _main_direction(some)).argsort(stable=True)
        left = count // 2
        waiting += [(index[ranks[left * size :]], count - left), (index[ranks[: left * size]], left)]
    return torch.cat(done)


def enough_leaves(points: Tensor, order: Tensor, k: int) -> int:
    """Number of leaves with which a search finds a share ``RECALL`` of the k nearest neighbours of the points."""
    leaves = LeafIndex.of(points, order, 0)
    if len(leaves.points) <= FEWEST:
        return FEWEST
    sample = torch.linspace(0, len(points) - 1, SAMPLE, dtype=torch.float64, device=points.device).round().long()
    found = k_nearest(points[sample], points, k, exclude_self(sample))[1]
    leaf_of = torch.empty_like(order).index_copy_(0, order, torch.arange(len(order), device=order.device))
    leaf_of //= leaves.points.shape[1]
    ranked = leaves.nearest_leaves(_padded(points[sample]), len(leaves.centres))[: len(sample)]
    rank = ranked.argsort(dim=1).gather(1, leaf_of[found])
    return max(FEWEST, 1 + int(rank.flatten().sort().values[int(RECALL * (rank.numel() - 1))]))


def _main_direction(points: Tensor) -> Tensor:
    """First principal axis of points (m, dim), (dim,): power iteration from the coordinate of largest variance."""
    centred = points - points.mean(0)
    covariance = centred.T @ centred
    direction = covariance[:, int(covariance.diagonal().argmax())]
    for _ in range(8):
        direction = covariance @ (direction / direction.norm().clamp(min=1e-30))
    return direction


def _sizes(count: int) -> tuple[int, int]:
    """Number of leaves, and of points in each, a multiple of ``BUNDLE``."""
    leaves = max(1, -(-count // SIZE))
    return leaves, BUNDLE * -(-count // (leaves * BUNDLE))


def _padded(rows: Tensor, size: int = BLOCK) -> Tensor:
    """Pad to a multiple of ``size`` with copies of the last row."""
    return torch.cat([rows, rows[-1:].expand(-len(rows) % size, *rows.shape[1:])])
