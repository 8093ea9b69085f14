"""Estimates of images after some rounds of similar patches: the estimate of each round finds those of the next."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import torch
from torch import Tensor

from quintet.data.dataset import Batch
from quintet.data.row_layout import Grid
from quintet.data.schema import Schema
from quintet.inference.similar_patches import KNOWN, LEVELS, MISSING, has_similar_patches, refined
from quintet.models.fitted import Fitted
from quintet.models.partial_encoder_corruption import span


def can_refine(fitted: Fitted) -> bool:
    """Whether rows are images of levels or real numbers that are large enough."""
    layout = fitted.schema.layout
    if not isinstance(layout, Grid) or fitted.schema.is_boolean or fitted.nominal:
        return False
    return has_similar_patches(layout.height, layout.width)


def rounds_of_similar_patches(schema: Schema, x: Tensor, estimate: Tensor, variance: Tensor) -> Iterator[Tensor]:
    """The estimate of one image, (channels, height, width), after one round, after two, and so on.

    Parameters
    ----------
    x : noisy cells in the model's units.
    estimate : of the clean image.
    variance : of the noise of each cell in units of (range / ``LEVELS``)², ``KNOWN`` to ``MISSING``. Known cells remain
        as they are.
    """
    low, high = span(schema)
    unit = (high - low) / LEVELS
    known, missing = variance <= KNOWN, variance >= MISSING
    while True:
        seen = torch.where(missing, estimate, x)
        found = refined((seen - low) / unit, (estimate - low) / unit, variance) * unit + low
        found = found if schema.is_standardised else found.clamp(low, None if schema.support.is_half_bounded else high)
        estimate = torch.where(known, x, found)
        yield estimate


def refine(schema: Schema, x: Tensor, estimate: Tensor, variance: Tensor, rounds: Tensor) -> Tensor:
    """The estimates of a batch after ``rounds`` (batch,) rounds, (batch, channels, height, width) as x.

    Images are refined one by one, so that an answer does not depend on the others; one that is not finite is not.
    """
    found = estimate.clone()
    for row, count in enumerate(rounds.tolist()):
        if count and bool(estimate[row].isfinite().all()):
            every = rounds_of_similar_patches(schema, x[row], estimate[row], variance[row])
            found[row] = next(islice(every, int(count) - 1, None))
    return found


def variance_of_missing(observed: Tensor) -> Tensor:
    """The variance of each cell where cells are either known or missing."""
    return torch.where(observed, KNOWN, MISSING)


def refine_missing(fitted: Fitted, batch: Batch, mean: Tensor) -> Tensor:
    """E[missing | observed] after the rounds that the model's trial chose; rows without missing cells are not read."""
    chosen = fitted.artifacts.patch_rounds
    if chosen is None or not chosen.missing.any():
        return mean
    gaps = ~batch.observed.flatten(1).all(1) & batch.observed.flatten(1).any(1)
    rounds = gaps.to(torch.float32).cpu() * chosen.missing.cpu()
    return refine(fitted.schema, batch.x, mean, variance_of_missing(batch.observed).to(mean), rounds)
