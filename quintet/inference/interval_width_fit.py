"""How much wider than forecast missing cells are, measured on held-out rows with part of their cells hidden."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from quintet.artifacts.missing_cells import IntervalWidths
from quintet.data.dataset import Batch, Rows
from quintet.inference.candidate_search import search_effort
from quintet.inference.chunks import RowProgress, in_chunks
from quintet.inference.interval_width import EFFORTS, LARGEST, LEAST, PLACES, CellMarginals, width_group
from quintet.inference.missing_posterior import missing_posterior
from quintet.models.corruption import blocks
from quintet.models.fitted import Fitted
from quintet.noise import RowNoise

FEWEST, MOST, CELLS = 128, 512, 1 << 13
"""Rows that are asked: as many as have so many cells together, within these two."""
REPEATS = 4
"""Most times that one row is asked, each time with other cells hidden."""
COVERED = 0.9
"""Share of the truth that the central intervals are made to cover."""
HALVINGS = 14
AT_ONCE = 1 << 14
"""Cells of the rows that are asked at a time, where 64 rows have no more."""
DOUBT = 4.0
"""As many rows' weight has the factor of all cells in that of a place, or of a column."""


def fit_interval_widths(
    fitted: Fitted, rows: Rows, *, seed: int = 0, progress: RowProgress | None = None
) -> IntervalWidths | None:
    """Factors on the spread of missing cells by effort, place and, in tables, column; None without rows.

    Of each hidden cell the least factor is found whose central 90 % interval holds the truth; that of a group of cells
    is the 90 % quantile of theirs, as in split conformal prediction (Romano, Patterson and Candès, 2019).

    Parameters
    ----------
    rows : held-out rows. Of rows that were trained on the factors would be too small.
    """
    if fitted.guide is None or not len(rows):
        return None
    count = min(REPEATS * len(rows), max(FEWEST, min(MOST, CELLS // fitted.schema.size)))
    index = torch.linspace(0, len(rows) - 1, min(count, len(rows)), dtype=torch.float64).round().long()
    asked = rows.take(index[torch.arange(count) % len(index)])
    chunks = math.ceil(count / max(64, AT_ONCE // fitted.schema.size))  # of one size, so that hardly any row is padding
    tables = []
    for effort in EFFORTS:
        found = _least_factors(fitted, asked, effort, seed, math.ceil(count / chunks), progress)
        if not found["hidden"].any():
            return None
        tables.append(_table(found, by_column=not fitted.schema.is_image))
    return IntervalWidths(torch.stack(tables))


def _least_factors(
    fitted: Fitted, rows: Rows, effort: str, seed: int, batch_rows: int, progress: RowProgress | None
) -> dict[str, Tensor]:
    """ "least": each cell's least factor, "place" and "hidden", (rows, cells) each."""
    thought = search_effort(effort, fitted.schema.size)

    def answer(batch: Batch, start: int) -> Mapping[str, Tensor]:
        seen = Batch(batch.x, batch.observed & ~hidden_cells(batch.x, start, seed), batch.condition)
        hidden = (batch.observed & ~seen.observed).flatten(1)
        found = CellMarginals.of(fitted, missing_posterior(fitted, seen, thought, seed, start), seen, batch.x)
        u = RowNoise((seed, 52), start, device=fitted.device).uniform(*hidden.shape)[0]
        low, high = (torch.full_like(u, math.log(end)) for end in (LEAST, LARGEST))
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            inside = (found.rank(middle.exp(), u) - 0.5).abs() <= COVERED / 2
            low, high = torch.where(inside, low, middle), torch.where(inside, middle, high)
        return {"least": high.exp(), "place": width_group(seen.observed), "hidden": hidden}

    with torch.no_grad():
        return in_chunks(answer, rows, batch_rows=batch_rows, device=fitted.device, progress=progress, what="intervals")


def hidden_cells(x: Tensor, start: int, seed: int) -> Tensor:
    """True where a cell is hidden, x's shape: scattered ones, any share of a row; in half of the images a block."""
    noise = RowNoise((seed, 51), start, device=x.device)
    share = noise.uniform(len(x), *[1] * (x.ndim - 1))[0]
    chance = noise.uniform(len(x), *x.shape[1:])[0]
    least = chance.flatten(1).amin(1).reshape(share.shape)  # one cell of every row at least
    scattered = (chance < 0.05 + 0.9 * share) | (chance == least)
    if x.ndim != 4:
        return scattered
    second = (torch.arange(start, start + len(x), device=x.device) % 2 == 1).reshape(-1, 1, 1, 1)
    return torch.where(second, blocks(noise, x) < 0.5, scattered)


def _table(found: dict[str, Tensor], by_column: bool) -> Tensor:
    """Log factors, (PLACES, cells), or (PLACES, 1) where cells of a place count together.

    A place's is drawn towards that of all cells; a column's within a place towards the place's and the column's, taken
    as independent of each other.
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
    """The log factor of each group of cells, (groups,): its quantile, and ``DOUBT`` rows' weight of ``towards``."""
    found = towards.clone()
    order = group.argsort(stable=True)
    counts = torch.bincount(group, minlength=len(towards)).tolist()
    for number, there in enumerate(torch.split(order, counts)):
        if rows := int((torch.bincount(row[there]) > 0).sum()):
            found[number] = (rows * _quantile(least[there]) + DOUBT * towards[number]) / (rows + DOUBT)
    return found.clamp(math.log(LEAST), math.log(LARGEST))


def _quantile(least: Tensor) -> float:
    """The ⌈.9 (n + 1)⌉-th smallest, or the largest of fewer than nine."""
    rank = min(len(least), math.ceil(COVERED * (len(least) + 1)))
    return float(least.kthvalue(rank).values)
