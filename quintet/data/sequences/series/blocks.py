"""Training windows of series, cut within blocks of time that are held out as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from quintet.data.sequences.series.windows import cut, window_starts

Array = np.ndarray[Any, Any]
MOST_WINDOWS = 8_192
"""Training windows, so that their memory is bounded."""
ENOUGH, OVERLAP = 512, 8
"""A step lies in eight training windows; in more of them where there are fewer windows than this."""
BLOCKS = 16
"""Blocks of a long series."""
FEWEST, LEAST = 2, 0.5
"""Observed cells that a training window must have, and their share where the series has enough such windows."""


@dataclass(frozen=True)
class Block:
    """A stretch of one series, whose windows are held out of training together."""

    series: int
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True)
class TrainingWindows:
    """Windows to train on.

    Parameters
    ----------
    rows : (k, window, channels), NaN where missing.
    groups : (k,) number of the block that a window lies in.
    series : (k,) number of its series.
    starts : (k,) step of it with which the window begins.
    blocks : all blocks.
    hop : steps from one window to the next.
    """

    rows: Array
    groups: Array
    series: Array
    starts: Array
    blocks: tuple[Block, ...]
    hop: int


def blocks_of(lengths: Sequence[int], window: int) -> tuple[Block, ...]:
    """Series as blocks of a sixteenth, of two to four windows at least; short series are one block each."""
    out = list[Block]()
    for number, steps in enumerate(lengths):
        size = max(2 * window, steps // BLOCKS, min(4 * window, steps // 6))
        parts = max(1, steps // size) if steps >= 3 * window else 1
        ends = np.linspace(0, steps, parts + 1).astype(int)
        out.extend(Block(number, int(a), int(b)) for a, b in pairwise(ends))
    return tuple(out)


def training_windows(series: Sequence[Array], window: int, most: int = MOST_WINDOWS) -> TrainingWindows:
    """Windows of all blocks, at most about ``most`` of them; those without observed cells go.

    Parameters
    ----------
    series : (steps, channels) each, NaN where missing.
    """
    blocks = blocks_of([len(values) for values in series], window)
    total = sum(map(len, blocks))
    hop = max(1, min(window // OVERLAP, total // ENOUGH), -(-total // most))
    rows, groups, owners, begins = [], [], [], []
    for number, block in enumerate(blocks):
        starts = window_starts(len(block), window, hop, block.start)
        if len(blocks) > most:  # many short series: those evenly spread
            starts = starts[: int(number * most // len(blocks) != (number + 1) * most // len(blocks))]
        part = cut(series[block.series][: block.stop], starts, window)
        if block.start and len(block) < window:
            part[:, : window - len(block)] = np.nan
        rows.append(part)
        groups.append(np.full(len(part), number))
        owners.append(np.full(len(part), block.series))
        begins.append(starts)
    windows, numbers, series_of, first = (np.concatenate(each) for each in (rows, groups, owners, begins))
    whole = TrainingWindows(windows, numbers, series_of, first, blocks, hop)
    seen = (~np.isnan(whole.rows)).mean(axis=(1, 2))
    good = seen >= (LEAST if (seen >= LEAST).sum() >= 0.5 * (seen > 0).sum() else 0)
    good &= (~np.isnan(whole.rows)).sum(axis=(1, 2)) >= FEWEST
    return TrainingWindows(whole.rows[good], whole.groups[good], whole.series[good], whole.starts[good], blocks, hop)
