"""Missing numbers of tables by Gaussians of similar training rows, as ``similar_patches.py`` fills pixels.

The training rows that are most similar to an estimate of a row have a mean and a covariance, and given these the best
linear estimate of the row is its Wiener filter: a known number has next to no noise, a missing one is the estimate with
that of a poor guess. This is a linear regression among similar rows (Cleveland and Devlin, 1988), for all missing
numbers of a row at once. Levels help to find similar rows, and are not changed.
"""

from __future__ import annotations

import torch
from torch import Tensor

from quintet.artifacts.similar_rows import SimilarRows
from quintet.data.schema import Schema
from quintet.models.fitted import Fitted

KNOWN, MISSING = 0.05, 1.0
"""Variances of known and of missing numbers, in variances of their column."""
OTHER_LEVEL = 2.0
"""Squared distance of two levels."""
JITTER = 1e-9
"""Share of a group's mean variance that is added to every number's, so that rounding leaves no negative variance."""
CELLS = 64
"""Most cells of rows that are compared."""


def numbers_of(schema: Schema) -> list[int]:
    """The places of numbers in a flat row; none where rows are not compared."""
    if schema.is_image or not schema.is_standardised or not 2 <= schema.size <= CELLS:
        return []
    codes = schema.codes or (0,) * schema.size
    return [place for place, count in enumerate(codes) if not count]


def refine_numbers(fitted: Fitted, x: Tensor, observed: Tensor) -> Tensor:
    """Rows with their missing numbers refined as the model's trial chose, (batch, cells) as x.

    Parameters
    ----------
    x : with its missing cells imputed.
    """
    kept = fitted.artifacts.similar_rows
    return x if kept is None else refined(kept, numbers_of(fitted.schema), x, observed)


def refined(kept: SimilarRows, numbers: list[int], x: Tensor, observed: Tensor) -> Tensor:
    """``refine_numbers`` by some training rows."""
    if not bool(x.isfinite().all()):
        return x
    references, spread = kept.rows.to(x), kept.spread.to(x)
    estimate = x
    for _ in range(int(kept.rounds)):
        group = _most_similar(references, spread, numbers, estimate, int(kept.size))
        estimate = _filtered(references, spread, numbers, group, estimate, observed)
    low, high = references.amin(0).minimum(x), references.amax(0).maximum(x)
    return torch.lerp(x, estimate, float(kept.share)).clamp(low, high)


def _most_similar(references: Tensor, spread: Tensor, numbers: list[int], x: Tensor, size: int) -> Tensor:
    """The references most similar to each row, (batch, size) of indices.

    Cell after cell, so that a distance does not depend on how many rows are asked.
    """
    distance = x.new_zeros(len(x), len(references))
    for cell in range(x.shape[1]):
        apart = x[:, cell, None] - references[:, cell]
        if cell in numbers:
            distance += (apart / spread[cell]).square()
        else:
            distance += OTHER_LEVEL * (apart != 0)
    return distance.topk(min(size, len(references)), 1, largest=False).indices


def _filtered(
    references: Tensor, spread: Tensor, numbers: list[int], group: Tensor, x: Tensor, observed: Tensor
) -> Tensor:
    """Rows whose missing numbers are those of the Wiener filter, (batch, cells)."""
    similar = (references[:, numbers] / spread[numbers]).double()[group]
    mean = similar.mean(1)
    apart = similar - mean[:, None]
    covariance = apart.mT @ apart / max(1, group.shape[1] - 1)
    seen = observed[:, numbers]
    steady = JITTER * covariance.diagonal(dim1=1, dim2=2).mean(1, keepdim=True)
    noise = torch.diag_embed(torch.where(seen, KNOWN, MISSING).to(mean) + steady)
    off = (x[:, numbers] / spread[numbers]).double() - mean
    factor = torch.linalg.cholesky(covariance + noise)
    clean = mean + (covariance @ torch.cholesky_solve(off.unsqueeze(-1), factor)).squeeze(-1)
    found = x.clone()
    found[:, numbers] = torch.where(seen, x[:, numbers], clean.to(x) * spread[numbers])
    return found
