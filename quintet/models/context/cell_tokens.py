"""The tokens of a table's cells, learnt from its schema, and the noise on its numbers in training."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from quintet.data.columns.base import Support
from quintet.data.columns.bins import Interval, of_one_value
from quintet.data.schema import Schema
from quintet.networks.column_tokens import CellTokens

JITTER, MOST_JITTER = 1.2, 0.3
"""Noise on the numbers that the network sees in training: the first over the root of the number of rows, in standard
deviations of a column, at most the second."""
UNSEEN = 0.5
"""Share of training rows that show a number to the network by its place between knots alone, so that it does not learn
rows by the exact values in them."""
TOKENS, FEWEST_BINS = 16_384, 8
"""Most tokens of all numbers of a row, and the fewest intervals of one of them."""


def cell_tokens(schema: Schema) -> list[CellTokens]:
    """The tokens of each cell, with intervals in the model's units."""
    found, most = [], max(FEWEST_BINS, TOKENS // schema.size)
    for column, loc, scale in zip(schema.modelled, schema.loc, schema.scale, strict=True):
        support = getattr(column, "support", None)
        bins, counts, single = ((), (), ()) if support is None else intervals(support, most)
        scaled = tuple(((low - loc) / scale, (high - loc) / scale) for low, high in bins)
        found.append(CellTokens(column.codes, column.open, scaled, counts, single))
    return found


def intervals(support: Support, most: int) -> tuple[tuple[Interval, ...], tuple[int, ...], tuple[bool, ...]]:
    """At most ``most`` intervals, the training values in each, and whether it holds a single value."""
    bins, counts = coarser(support.bins, support.counts, most)
    step = 0.0 if support.decimals is None else 10.0**-support.decimals
    return bins, counts, of_one_value(bins, float(support.step or step))


def jitter_of(cells: Sequence[CellTokens]) -> Tensor:
    """Standard deviation of the noise on each cell that the network sees in training, (cells,); 0 for levels.

    Like the standard error of a mean it shrinks with the number of rows.
    """
    spread = [0.0 if cell.codes else min(JITTER / math.sqrt(max(sum(cell.counts), 1)), MOST_JITTER) for cell in cells]
    return torch.tensor(spread, dtype=torch.float32, device="cpu")


def unseen_tokens(cells: Sequence[CellTokens]) -> Tensor:
    """Share of training rows in which the token of each cell is not seen, (cells,); 0 for levels, which have nothing
    else."""
    return torch.tensor([0.0 if cell.codes else UNSEEN for cell in cells], dtype=torch.float32, device="cpu")


def coarser(
    bins: tuple[Interval, ...], counts: tuple[int, ...], most: int
) -> tuple[tuple[Interval, ...], tuple[int, ...]]:
    """At most ``most`` intervals and their training values: neighbours are merged."""
    step = max(-(-len(bins) // most), 1)
    starts = range(0, len(bins), step)
    parts = [bins[start : start + step] for start in starts]
    merged = tuple((min(low for low, _ in part), max(high for _, high in part)) for part in parts)
    return merged, tuple(sum(counts[start : start + step]) for start in starts)
