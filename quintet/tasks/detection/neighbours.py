"""The nearest reference points of each query: exact, by matrix products, in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

QUERIES, REFERENCES = 256, 2048
"""Sizes of a block of distances, which fits a processor's cache; queries are padded to whole blocks, so that no answer
depends on its neighbours."""
BUNDLE = 8
"""So many references stand for one, by the nearest of them, until it is known which bundles matter."""


@dataclass(frozen=True)
class Bundles:
    """References made ready for being searched: (bundles, BUNDLE, dim), and their squares, (bundles, BUNDLE).

    What fills the last bundle is infinitely far from everything.
    """

    points: Tensor
    squares: Tensor
    count: int

    @classmethod
    def of(cls, references: Tensor) -> Bundles:
        """From references (m, dim)."""
        short = -len(references) % BUNDLE
        squares = torch.cat([references.square().sum(1), references.new_full((short,), torch.inf)])
        filled = torch.cat([references, references.new_zeros(short, references.shape[1])])
        return cls(filled.view(-1, BUNDLE, references.shape[1]), squares.view(-1, BUNDLE), len(references))


def nearest(queries: Tensor, references: Tensor | Bundles, k: int, own: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Euclidean distances to the k nearest references, ascending, and their indices, (n, k) both.

    Candidates are found by |q|² - 2 q·r + |r|², their distances are then taken exactly, so that duplicates are at 0.

    Parameters
    ----------
    queries : (n, dim) float32.
    references : (m, dim) float32, or these as ``Bundles``, which spares the work where more queries come.
    k : how many; fewer come back where there are fewer.
    own : (n,) index of the reference that is the query itself and does not count, -1 where none is; or None.
    """
    bundles = references if isinstance(references, Bundles) else Bundles.of(references)
    k = max(0, min(k, bundles.count - (own is not None)))
    if not k or not len(queries):
        return queries.new_zeros(len(queries), k), torch.zeros(len(queries), k, dtype=torch.long, device=queries.device)
    found = [_block(part, bundles, k, me) for part, me in _blocks(queries, own)]
    distance, index = (torch.cat(parts)[: len(queries)] for parts in zip(*found, strict=True))
    return distance, index


def _blocks(queries: Tensor, own: Tensor | None) -> list[tuple[Tensor, Tensor]]:
    """Blocks of exactly ``QUERIES`` rows, the last padded by copies of its last row, and what each row itself is."""
    own = torch.full((len(queries),), -1, device=queries.device) if own is None else own
    short = -len(queries) % QUERIES
    if short:
        queries = torch.cat([queries, queries[-1:].expand(short, -1)])
        own = torch.cat([own, own[-1:].expand(short)])
    return list(zip(torch.split(queries, QUERIES), torch.split(own, QUERIES), strict=True))


def _block(queries: Tensor, bundles: Bundles, k: int, own: Tensor) -> tuple[Tensor, Tensor]:
    """Distances and indices of the k nearest references of one block of queries, (QUERIES, k) both.

    The k nearest lie in the k bundles that have the nearest of their own (one more where the row itself may be one).
    """
    points, squares, size, least = bundles.points, bundles.squares, REFERENCES // BUNDLE, []
    for some, square in zip(torch.split(points, size), torch.split(squares, size), strict=True):
        distance = torch.addmm(square.reshape(-1, 1), some.flatten(0, 1), queries.T, alpha=-2)
        least.append(distance.view(-1, BUNDLE, len(queries)).amin(1))
    few = torch.cat(least).T.topk(min(k + 1, len(points)), dim=1, largest=False).indices
    index = (few[:, :, None] * BUNDLE + torch.arange(BUNDLE, device=few.device)).flatten(1)
    exact = torch.linalg.vector_norm(points[few].flatten(1, 2).sub_(queries[:, None]), dim=2)
    exact = exact.masked_fill((index == own[:, None]) | squares[few].flatten(1).isinf(), torch.inf)
    near, place = exact.topk(k, dim=1, largest=False)
    return near, index.gather(1, place)
