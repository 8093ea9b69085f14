"""Exact k-nearest-neighbour search by matrix products, in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

QUERIES, REFERENCES = 256, 2048
"""Size of a block of distances, which fits a processor's cache. Queries are padded to whole blocks, so that a distance
does not depend on the other queries."""
BUNDLE = 8
"""References in a bundle; the search first ranks bundles by their nearest reference."""


@dataclass(frozen=True)
class Bundles:
    """References prepared for searches: ``points`` (bundles, BUNDLE, dim), ``squares`` (bundles, BUNDLE).

    Padding of the last bundle is infinitely far from every query.
    """

    points: Tensor
    squares: Tensor
    count: int

    @classmethod
    def of(cls, references: Tensor) -> Bundles:
        """Build from references (m, dim)."""
        short = -len(references) % BUNDLE
        squares = torch.cat([references.square().sum(1), references.new_full((short,), torch.inf)])
        filled = torch.cat([references, references.new_zeros(short, references.shape[1])])
        return cls(filled.view(-1, BUNDLE, references.shape[1]), squares.view(-1, BUNDLE), len(references))

    def nearest(self, queries: Tensor, k: int, without: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """``k_nearest`` with these references."""
        return k_nearest(queries, self, k, without)


def k_nearest(
    queries: Tensor, references: Tensor | Bundles, k: int, without: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Euclidean distances to the k nearest references, ascending, and their indices, (n, k) both.

    |q|² - 2 q·r + |r|² selects candidates; their distances are then recomputed exactly, so that duplicates are at 0.

    Parameters
    ----------
    queries : (n, dim) float32.
    references : (m, dim) float32, or ``Bundles`` of them, which saves work for repeated queries.
    k : number of neighbours; fewer are returned if there are fewer references.
    without : (n, 2) of integers, start and stop of the references that each query ignores, such as the query itself; or
        None.
    """
    bundles = references if isinstance(references, Bundles) else Bundles.of(references)
    ignored = 0 if without is None or not len(without) else int((without[:, 1] - without[:, 0]).max())
    k = max(0, min(k, bundles.count - ignored))
    if not k or not len(queries):
        return queries.new_zeros(len(queries), k), torch.zeros(len(queries), k, dtype=torch.long, device=queries.device)
    found = [_block(part, bundles, k, barring) for part, barring in _blocks(queries, without)]
    distance, index = (torch.cat(parts)[: len(queries)] for parts in zip(*found, strict=True))
    return distance, index


def exclude_self(index: Tensor) -> Tensor:
    """``without`` for queries that are the references ``index`` (n,); -1: the query is no reference."""
    return torch.stack([index, index + 1], 1).clamp(min=0)


def _blocks(queries: Tensor, without: Tensor | None) -> list[tuple[Tensor, Tensor | None]]:
    """Split into blocks of exactly ``QUERIES`` rows, padded with copies of the last row; ``without`` likewise."""
    short = -len(queries) % QUERIES

    def blocks(t: Tensor) -> tuple[Tensor, ...]:
        return torch.split(torch.cat([t, t[-1:].expand(short, -1)]) if short else t, QUERIES)

    parts = blocks(queries)
    return list(zip(parts, [None] * len(parts) if without is None else blocks(without), strict=True))


def _block(queries: Tensor, bundles: Bundles, k: int, without: Tensor | None) -> tuple[Tensor, Tensor]:
    """Distances and indices of the k nearest references of one block of queries, (QUERIES, k) both.

    The k nearest lie in the k bundles whose nearest references are nearest.
    """
    points, squares, least = bundles.points, bundles.squares, []
    for start in range(0, len(points), REFERENCES // BUNDLE):
        some = slice(start, start + REFERENCES // BUNDLE)
        distance = torch.addmm(squares[some].reshape(-1, 1), points[some].flatten(0, 1), queries.T, alpha=-2)
        begin, end = start * BUNDLE, start * BUNDLE + len(distance)
        if without is not None and bool(((without[:, 0] < end) & (without[:, 1] > begin)).any()):
            index = torch.arange(begin, end, device=distance.device)[:, None]
            distance.masked_fill_(within(index, *without.T), torch.inf)
        least.append(distance.view(-1, BUNDLE, len(queries)).amin(1))
    few = torch.cat(least).T.topk(min(k, len(points)), dim=1, largest=False).indices
    index = (few[:, :, None] * BUNDLE + torch.arange(BUNDLE, device=few.device)).flatten(1)
    exact = torch.linalg.vector_norm(points[few].flatten(1, 2).sub_(queries[:, None]), dim=2)
    ignored = index >= bundles.count
    if without is not None:
        ignored |= within(index, without[:, :1], without[:, 1:])
    near, place = exact.masked_fill_(ignored, torch.inf).topk(k, dim=1, largest=False)
    return near, index.gather(1, place)


def within(index: Tensor, first: Tensor, stop: Tensor) -> Tensor:
    """Where first <= index < stop."""
    return (index >= first) & (index < stop)
