"""The nearest reference points of each query: exact, by matrix products, in bounded memory."""

from __future__ import annotations

import torch
from torch import Tensor

QUERIES, REFERENCES = 256, 32_768
"""Sizes of a block of distances; queries are padded to whole blocks, so that no answer depends on its neighbours."""


def nearest(queries: Tensor, references: Tensor, k: int, own: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Euclidean distances to the k nearest references, ascending, and their indices, (n, k) both.

    Candidates are found by |q|² - 2 q·r + |r|², their distances are then taken exactly, so that duplicates are at 0.

    Parameters
    ----------
    queries : (n, dim) float32.
    references : (m, dim) float32.
    k : how many; fewer come back where there are fewer.
    own : (n,) index of the reference that is the query itself and does not count, -1 where none is; or None.
    """
    k = max(0, min(k, len(references) - (own is not None)))
    squares = references.square().sum(1)
    found = [_block(part, references, squares, k, me) for part, me in _blocks(queries, own)]
    if not found:
        return queries.new_zeros(0, k), torch.zeros(0, k, dtype=torch.long)
    index = torch.cat(found)[: len(queries)]
    distance = torch.cat(
        [_exact(queries[i : i + 4096], references[index[i : i + 4096]]) for i in range(0, len(queries), 4096)]
    )
    order = distance.argsort(dim=1, stable=True)
    return distance.gather(1, order), index.gather(1, order)


def _blocks(queries: Tensor, own: Tensor | None) -> list[tuple[Tensor, Tensor | None]]:
    """Blocks of exactly ``QUERIES`` rows, the last one padded by copies of its last row."""
    short = -len(queries) % QUERIES
    if short:
        queries = torch.cat([queries, queries[-1:].expand(short, -1)])
        own = None if own is None else torch.cat([own, own[-1:].expand(short)])
    starts = range(0, len(queries), QUERIES)
    return [(queries[i : i + QUERIES], None if own is None else own[i : i + QUERIES]) for i in starts]


def _exact(queries: Tensor, candidates: Tensor) -> Tensor:
    """Distances of (n, dim) to (n, k, dim), (n, k)."""
    return (queries[:, None] - candidates).square().sum(2).sqrt()


def _block(queries: Tensor, references: Tensor, squares: Tensor, k: int, own: Tensor | None) -> Tensor:
    """Indices of the k nearest references of one block of queries, (QUERIES, k)."""
    best = queries.new_empty(len(queries), 0)
    index = torch.zeros(len(queries), 0, dtype=torch.long, device=queries.device)
    for start in range(0, len(references), REFERENCES):
        part = references[start : start + REFERENCES]
        distance = torch.addmm(squares[None, start : start + len(part)], queries, part.T, alpha=-2)
        if own is not None:
            rows = torch.nonzero((own >= start) & (own < start + len(part)))[:, 0]
            distance[rows, own[rows] - start] = torch.inf
        near, place = distance.topk(min(k, len(part)), dim=1, largest=False)
        best, index = torch.cat([best, near], 1), torch.cat([index, place + start], 1)
        if best.shape[1] > k:
            best, kept = best.topk(k, dim=1, largest=False)
            index = index.gather(1, kept)
    return index
