"""Rounds of similar patches of least error on held-out images."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

import torch
from torch import Tensor

from quintet.artifacts.patch_rounds import PatchRounds
from quintet.data.dataset import Batch, Rows
from quintet.data.schema import Schema
from quintet.inference.candidate_search import search_effort
from quintet.inference.chunks import to_device
from quintet.inference.interval_width import CellMarginals
from quintet.inference.missing_posterior import missing_posterior
from quintet.inference.patch_refinement import can_refine, rounds_of_similar_patches, variance_of_missing
from quintet.models.fitted import Fitted
from quintet.noise import Noise

ROWS, FEWEST, CELLS = 12, 3, 2**14
"""Held-out rows of a trial at most and at least, and most pixels of all of them."""
TRIED_ROUNDS = (1, 2, 4)
"""Numbers of rounds that are tried."""
NEAR = 0.02
"""Log squared error within which fewer rounds are as good."""
CERTAIN = 2.0
"""Standard errors by which the refined estimate must be better."""
HIDDEN = (0.5, 0.8)
"""Shares of the pixels that are hidden, of every third row each; of the others the lower half."""


@torch.no_grad()
def fit_patch_rounds(fitted: Fitted, held: Rows, seed: int) -> PatchRounds | None:
    """The rounds for missing pixels; None where there is nothing to choose."""
    if fitted.guide is None or not can_refine(fitted) or len(held) < FEWEST:
        return None
    index = torch.linspace(0, len(held) - 1, rows_of_trial(fitted.schema, len(held)), dtype=torch.float64)
    clean = to_device(held.take(index.round().long()).batch(slice(None)), fitted.device)
    hidden = _hidden(clean, seed) & clean.observed
    seen = Batch(torch.where(hidden, 0.0, clean.x), clean.observed & ~hidden, clean.condition)
    parts = missing_posterior(fitted, seen, search_effort("normal", fitted.schema.size), seed, 0)
    mean = torch.where(seen.observed, seen.x, CellMarginals.of(fitted, parts, seen, seen.x).mean)
    variance = variance_of_missing(seen.observed).to(mean)
    return PatchRounds(torch.tensor([best_rounds(fitted.schema, seen.x, mean, variance, clean.x, hidden)]))


def rows_of_trial(schema: Schema, held: int) -> int:
    """How many of the held-out rows try the rounds."""
    return min(held, max(FEWEST, min(ROWS, CELLS // (schema.shape[-2] * schema.shape[-1]))))


def best_rounds(schema: Schema, x: Tensor, estimate: Tensor, variance: Tensor, truth: Tensor, asked: Tensor) -> float:
    """The fewest rounds of nearly the least error over the asked cells; 0 if they are not clearly better than none.

    Parameters
    ----------
    x, estimate, variance, truth, asked : (rows, channels, height, width), as of ``rounds_of_similar_patches``.
    """
    found = []
    if not bool(estimate.isfinite().all()):
        return 0.0
    for row in zip(x, estimate, variance, truth, asked, strict=True):
        tried: Iterable[Tensor] = islice(rounds_of_similar_patches(schema, *row[:3]), max(TRIED_ROUNDS))
        errors = [_log_error(image, *row[3:]) for image in (row[1], *tried)]
        found.append([errors[rounds] for rounds in (0, *TRIED_ROUNDS)])
    error = torch.tensor(found, dtype=torch.float64)
    gain = error[:, :1] - error[:, 1:]
    best = int((gain.mean(0) > gain.mean(0).max() - NEAR).byte().argmax())
    sure = gain[:, best].mean() > CERTAIN * gain[:, best].std(correction=0) / len(gain) ** 0.5
    return float(TRIED_ROUNDS[best]) if bool(sure) else 0.0


def _hidden(clean: Batch, seed: int) -> Tensor:
    """Pixels that are hidden, as the cells of a batch."""
    rows, _, height, width = clean.x.shape
    number = Noise((seed, 62), device=clean.x.device).uniform(rows, 1, height, width)[0]
    kind = torch.arange(rows, device=number.device).reshape(-1, 1, 1, 1) % 3
    lower = (torch.arange(height, device=number.device) >= height // 2)[:, None]
    found = torch.where(kind == 2, lower, number < torch.where(kind == 0, *HIDDEN))
    return found.expand_as(clean.x)


def _log_error(image: Tensor, truth: Tensor, asked: Tensor) -> float:
    """Log of the mean squared error: rows count alike, however rough they are."""
    error = torch.where(asked, image - truth, 0.0).square().sum() / asked.sum().clamp(min=1)
    return float((error + 1e-12).log())
