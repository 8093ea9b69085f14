"""Fit of the interval widths on held-out rows with part of their cells hidden."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from quintet.artifacts.missing_cells import IntervalWidths
from quintet.data.dataset import Batch, Rows
from quintet.data.row_layout import Columns, Steps
from quintet.data.schema import Schema
from quintet.inference.candidate_search import search_effort
from quintet.inference.chunks import RowProgress, in_chunks
from quintet.inference.interval_width import CellMarginals
from quintet.inference.missing_posterior import missing_posterior
from quintet.inference.width_factors import EFFORTS, LARGEST, LEAST, PLACES, cells_with_width, width_group
from quintet.models.fitted import Fitted
from quintet.models.partial_encoder_corruption import blocks
from quintet.noise import RowNoise

FEWEST, MOST, CELLS = 128, 512, 1 << 13
"""Smallest and largest number of evaluated rows, and their total number of cells."""
REPEATS = 4
"""Largest number of evaluations of one row, with different hidden cells each time."""
COVERED = 0.9
"""Target coverage of the central intervals."""
HALVINGS = 14
AT_ONCE = 1 << 14
"""Number of cells of the rows that are evaluated at a time (at least 64 rows)."""
DOUBT = 4.0
"""Weight, in rows, of the pooled factor in the factor of a group or column."""


def fit_interval_widths(
    fitted: Fitted, rows: Rows, *, seed: int = 0, progress: RowProgress | None = None
) -> IntervalWidths | None:
    """Width factors of missing cells by effort, group and, for tables, column; None without rows or without numbers.

    For each hidden cell the smallest factor is found whose central 90 % interval contains the true value. The factor of
    a group of cells is the 90 % quantile of these, as in split conformal prediction (Romano, Patterson and Candès,
    2019).

    Parameters
    ----------
    rows : held-out rows; factors of training rows would be too small.
    """
    if fitted.guide is None or not len(rows) or not cells_with_width(fitted).any():
        return None
    count = min(REPEATS * len(rows), max(FEWEST, min(MOST, CELLS // fitted.schema.size)))
    index = torch.linspace(0, len(rows) - 1, min(count, len(rows)), dtype=torch.float64).round().long()
    evaluated = rows.take(index[torch.arange(count) % len(index)])
    chunks = math.ceil(count / max(64, AT_ONCE // fitted.schema.size))  # equal sizes, so that few rows are padding
    tables = []
    for effort in EFFORTS:
        found = _least_factors(fitted, evaluated, effort, seed, math.ceil(count / chunks), progress)
        if not found["hidden"].any():
            return None
        tables.append(_table(found, by_column=fitted.schema.layout == Columns(fitted.schema.size)))
    return IntervalWidths(torch.stack(tables))


def _least_factors(
    fitted: Fitted, rows: Rows, effort: str, seed: int, batch_rows: int, progress: RowProgress | None
) -> dict[str, Tensor]:
    """The smallest factor of each cell ("least"), its group ("place") and "hidden", (rows, cells) each."""
    effort_plan = search_effort(effort, fitted.schema.size)

    def answer(batch: Batch, start: int) -> Mapping[str, Tensor]:
        gone = hidden_cells(fitted.schema, batch.x, start, seed)
        seen = Batch(batch.x, batch.observed & ~gone, batch.condition)
        hidden = (batch.observed & ~seen.observed).flatten(1)
        found = CellMarginals.of(fitted, missing_posterior(fitted, seen, effort_plan, seed, start), seen, batch.x)
        u = RowNoise((seed, 52), start, device=fitted.device).uniform(*hidden.shape)[0]
        low, high = (torch.full_like(u, math.log(end)) for end in (LEAST, LARGEST))
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            inside = (found.rank(middle.exp(), u) - 0.5).abs() <= COVERED / 2
            low, high = torch.where(inside, low, middle), torch.where(inside, middle, high)
        return {
            "least": high.exp(),
            "place": width_group(fitted.schema, seen.observed),
            "hidden": hidden & found.has_width,
        }

    with torch.no_grad():
        return in_chunks(answer, rows, batch_rows=batch_rows, device=fitted.device, progress=progress, what="intervals")


def hidden_cells(schema: Schema, x: Tensor, start: int, seed: int) -> Tensor:
    """Mask of hidden cells, in the shape of x: any share of a row at random, or a block in every second image; in two
    of three series a gap, in half of these of one channel alone."""
    noise = RowNoise((seed, 51), start, device=x.device)
    share = noise.uniform(len(x), *[1] * (x.ndim - 1))[0]
    chance = noise.uniform(len(x), *x.shape[1:])[0]
    least = chance.flatten(1).amin(1).reshape(share.shape)  # at least one cell of every row
    scattered = (chance < 0.05 + 0.9 * share) | (chance == least)
    if isinstance(schema.layout, Steps):
        return torch.where(_by_gap(x, start), _gaps(schema.layout, x, noise), scattered)
    if x.ndim != 4:
        return scattered
    second = (torch.arange(start, start + len(x), device=x.device) % 2 == 1).reshape(-1, 1, 1, 1)
    return torch.where(second, blocks(noise, x) < 0.5, scattered)


def _by_gap(x: Tensor, start: int) -> Tensor:
    """Which series lack a gap, (batch, 1) of bool."""
    return (torch.arange(start, start + len(x), device=x.device) % 3 > 0)[:, None]


def _gaps(layout: Steps, x: Tensor, noise: RowNoise) -> Tensor:
    """A gap of up to half of each series (batch, cells), short ones as frequent as long ones on a log scale."""
    length, place, one, channel = noise.uniform(len(x), 4)[0].to(x.dtype)[..., None, None].unbind(1)
    longest = torch.tensor(max(1, layout.steps // 2), dtype=x.dtype, device=x.device)
    length = torch.exp(length * longest.log()).floor().clamp(min=1)
    low = (place * (layout.steps - length + 1)).floor()
    step = torch.arange(layout.steps, device=x.device)[:, None]
    own = torch.arange(layout.channels, device=x.device) == (channel * layout.channels).floor()
    return ((step >= low) & (step < low + length) & (own | (one < 0.5))).flatten(1)


def _table(found: dict[str, Tensor], by_column: bool) -> Tensor:
    """Log factors, (PLACES, cells), or (PLACES, 1) if all cells of a group share a factor.

    The factor of a group is shrunk towards the pooled one; that of a column within a group towards the sum of the
    group's and the column's effects.
    """
    hidden = found["hidden"]
    rows, cells = hidden.shape
    least, place = found["least"][hidden].log(), found["place"][hidden]
    row, column = (
        torch.arange(n).reshape(shape).expand_as(hidden)[hidden] for n, shape in ((rows, (-1, 1)), (cells, (1, -1)))
    )
    whole = least.new_full((1,), _quantile(least))
    by_place = _groups(least, place, row, whole.expand(PLACES))
    if not by_column:
        return by_place[:, None]
    own = _groups(least, column, row, whole.expand(cells)) - whole
    apart = (by_place[:, None] + own).flatten()
    return _groups(least, place * cells + column, row, apart).reshape(PLACES, cells)


def _groups(least: Tensor, group: Tensor, row: Tensor, towards: Tensor) -> Tensor:
    """Log factor of each group of cells, (groups,): its quantile, shrunk to ``towards`` with weight ``DOUBT`` rows."""
    found = towards.clone()
    order = group.argsort(stable=True)
    counts = torch.bincount(group, minlength=len(towards)).tolist()
    for number, there in enumerate(torch.split(order, counts)):
        if rows := int((torch.bincount(row[there]) > 0).sum()):
            found[number] = (rows * _quantile(least[there]) + DOUBT * towards[number]) / (rows + DOUBT)
    return found.clamp(math.log(LEAST), math.log(LARGEST))


def _quantile(least: Tensor) -> float:
    """The ⌈0.9 (n + 1)⌉-th smallest value, or the largest of fewer than nine."""
    rank = min(len(least), math.ceil(COVERED * (len(least) + 1)))
    return float(least.kthvalue(rank).values)
