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

    def nearest(self, queries: Tensor, k: int, without: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """See ``k_nearest``, with these references."""
        return k_nearest(queries, self, k, without)


def k_nearest(
    queries: Tensor, references: Tensor | Bundles, k: int, without: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Euclidean distances to the k nearest references, ascending, and their indices, (n, k) both.

    Candidates are found by |q|² - 2 q·r + |r|², their distances are then taken exactly, so that duplicates are at 0.

    Parameters
    ----------
    queries : (n, dim) float32.
    references : (m, dim) float32, or these as ``Bundles``, which spares the work where more queries come.
    k : how many; fewer come back where there are fewer.
    without : (n, 2) of whole numbers, the first and one past the last of the references that do not count for a query,
        such as the query itself; or None.
    """
    bundles = references if isinstance(references, Bundles) else Bundles.of(references)
    barred = 0 if without is None or not len(without) else int((without[:, 1] - without[:, 0]).max())
    k = max(0, min(k, bundles.count - barred))
    if not k or not len(queries):
        return queries.new_zeros(len(queries), k), torch.zeros(len(queries), k, dtype=torch.long, device=queries.device)
    found = [_block(part, bundles, k, barring) for part, barring in _blocks(queries, without)]
    distance, index = (torch.cat(parts)[: len(queries)] for parts in zip(*found, strict=True))
    return distance, index


def itself(index: Tensor) -> Tensor:
    """``without`` of queries that are the references of ``index``, (n,); -1 where one is none."""
    return torch.stack([index, index + 1], 1).clamp(min=0)


def _blocks(queries: Tensor, without: Tensor | None) -> list[tuple[Tensor, Tensor | None]]:
    """Blocks of exactly ``QUERIES`` rows, the last padded by copies of its last row; what does not count for each."""
    short = -len(queries) % QUERIES

    def blocks(t: Tensor) -> tuple[Tensor, ...]:
        return torch.split(torch.cat([t, t[-1:].expand(short, -1)]) if short else t, QUERIES)

    asked = blocks(queries)
    return list(zip(asked, [None] * len(asked) if without is None else blocks(without), strict=True))


def _block(queries: Tensor, bundles: Bundles, k: int, without: Tensor | None) -> tuple[Tensor, Tensor]:
    """Distances and indices of the k nearest references of one block of queries, (QUERIES, k) both.

    They lie in the k bundles that have the nearest of their own.
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
    barred = index >= bundles.count
    if without is not None:
        barred |= within(index, without[:, :1], without[:, 1:])
    near, place = exact.masked_fill_(barred, torch.inf).topk(k, dim=1, largest=False)
    return near, index.gather(1, place)


def within(index: Tensor, first: Tensor, stop: Tensor) -> Tensor:
    """Where first <= index < stop."""
    return (index >= first) & (index < stop)
