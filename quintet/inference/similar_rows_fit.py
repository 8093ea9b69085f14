"""The training rows that missing numbers are compared with, and a trial of how on held-out rows."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import torch
from torch import Tensor

from quintet.artifacts.similar_rows import SimilarRows
from quintet.data.dataset import Batch, Rows
from quintet.inference.candidate_search import search_effort
from quintet.inference.chunks import in_chunks
from quintet.inference.interval_width import CellMarginals
from quintet.inference.missing_posterior import missing_posterior
from quintet.inference.similar_rows import numbers_of, refined
from quintet.models.fitted import Fitted
from quintet.noise import RowNoise

REFERENCES, VALUES = 4_000, 2**16
"""Most training rows that are kept, and most cells of all of them."""
TRIAL, FEWEST, REPEATS = 256, 16, 6
"""Rows that are tried, the fewest held-out ones, and how often each at most, with other cells hidden."""
HIDDEN = 0.3
"""Share of the cells that are hidden in it."""
SIZES, ROUNDS, SHARES = (15, 40, 120), (1, 2), (0.5, 1.0)
"""What is tried: sizes of groups, rounds, and shares of the refined estimate in the answer."""
FARTHEST = 10.0
"""Squared error of a number, in variances of its column, from which it counts no further."""
CERTAIN, WORTH = 2.0, 0.02
"""Standard errors, and share of the error, by which the refined estimate must be better."""


@torch.no_grad()
def fit_similar_rows(fitted: Fitted, train: Rows, held: Rows, seed: int) -> SimilarRows | None:
    """The rows and the way to use them of least error on held-out rows; None where it is not clearly better."""
    numbers = numbers_of(fitted.schema)
    if fitted.guide is None or fitted.nominal or not numbers or min(len(held), len(train)) < FEWEST:
        return None
    count = min(len(train), REFERENCES, VALUES // fitted.schema.size)
    order = torch.randperm(len(train), generator=torch.Generator().manual_seed(seed))[:count].sort().values
    references = _complete(fitted, train.take(order), seed)
    spread = references.std(0, correction=0).clamp(min=1e-3)
    rows = min(TRIAL, len(held))
    index = torch.linspace(0, len(held) - 1, rows, dtype=torch.float64).round().long()
    repeats = max(1, min(REPEATS, TRIAL // rows))
    found = _imputed(fitted, held.take(index.repeat(repeats)), seed, hide=True)
    if not bool(references.isfinite().all()) or not bool(found["mean"].isfinite().all()):
        return None
    return _best(references, spread, numbers, found, repeats)


def _complete(fitted: Fitted, rows: Rows, seed: int) -> Tensor:
    """Rows with their missing cells imputed, (rows, cells)."""
    whole = rows.batch(slice(None))
    holes = (~whole.observed).any(1).nonzero().flatten()
    found = whole.x.clone()
    if len(holes):
        found[holes] = _imputed(fitted, rows.take(holes), seed, hide=False)["mean"]
    return found


def _imputed(fitted: Fitted, rows: Rows, seed: int, *, hide: bool) -> dict[str, Tensor]:
    """Rows with their missing cells imputed ("mean"), where they were known and what is asked; (rows, cells) each."""
    effort = search_effort("normal", fitted.schema.size)

    def answer(batch: Batch, start: int) -> Mapping[str, Tensor]:
        chance = RowNoise((seed, 63), start, device=fitted.device).uniform(*batch.x.shape)[0]
        seen = batch.observed & (chance >= HIDDEN) if hide else batch.observed
        asked = Batch(torch.where(seen, batch.x, 0.0), seen, batch.condition)
        found = CellMarginals.of(fitted, missing_posterior(fitted, asked, effort, seed, start), asked, asked.x)
        mean = torch.where(seen, batch.x, found.mean)
        return {"mean": mean, "seen": seen, "asked": batch.observed & ~seen, "truth": batch.x}

    return in_chunks(answer, rows, batch_rows=128, device=fitted.device)


def _best(
    references: Tensor, spread: Tensor, numbers: list[int], found: Mapping[str, Tensor], repeats: int
) -> SimilarRows | None:
    """The best of all that is tried; None where the imputed rows are hardly worse."""

    def error(estimate: Tensor) -> Tensor:
        """Sum over the asked numbers of each row and all its repeats, (rows,)."""
        off = ((estimate - found["truth"]) / spread)[:, numbers].square().clamp(max=FARTHEST)
        return torch.where(found["asked"][:, numbers], off, 0.0).double().sum(1).reshape(repeats, -1).sum(0)

    before = error(found["mean"])
    best, most = None, torch.zeros_like(before)
    for plan in product(SIZES, ROUNDS, SHARES):
        tried = SimilarRows(references, spread, *(torch.tensor([float(value)]) for value in plan))
        gain = before - error(refined(tried, numbers, found["mean"], found["seen"]))
        if gain.sum() > most.sum():
            best, most = tried, gain
    sure = most.mean() > CERTAIN * most.std(correction=0) / len(most) ** 0.5
    return best if bool(sure) and bool(most.sum() > WORTH * before.sum()) else None
