"""What the coder wants to know of all rows before it starts: their grid, their posteriors, their condition."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from quintet.codec.entropy.value_grid import ValueGrid, fit_grid, whole_grid
from quintet.data.schema import Schema
from quintet.distributions import Normal
from quintet.models.fitted import Fitted
from quintet.tasks.compress.coding_model import Joint
from quintet.tasks.compress.conditions import best_condition

Array = np.ndarray[Any, Any]
SAMPLE = 2000
COMMON = 0.25  # share of a cell's rows from which on one symbol is asked for first


@dataclass(frozen=True)
class Embedded:
    """The rows' posteriors."""

    mean: Array  # (n, latent_dim)
    spread: Array | None  # (n, latent_dim); None where latents are codes, or where it is of no use to a coder
    ordered: bool  # whether the coder can pop from the posteriors: they are told in order
    normal: bool  # whether mean and spread are all there is to know of them
    coded: Array  # (n, cells / 8): a bit for each cell that fits the grid
    condition: Tensor | None  # (n, condition_dim): as given, or the best of each row


def embed(
    fitted: Fitted, joint: Joint, grid: ValueGrid, values: Array, condition: Tensor | None, batch_rows: int
) -> Embedded:
    """The posteriors of (n, cells) values, at least one, chunk by chunk."""
    means, spreads, coded, chosen = [], [], [], []
    for start in range(0, len(values), batch_rows):
        part = values[start : start + batch_rows]
        fits = grid.split(part)[2]
        coded.append(np.packbits(fits, axis=1))
        given = None if condition is None else condition[start : start + batch_rows]
        if given is None and fitted.schema.condition is not None:
            given = best_condition(fitted, *joint.seen(part, fits))
            chosen.append(given)
        with joint.arithmetic():
            q = joint.posterior(part, fits, given)
            means.append(np.nan_to_num(q.mean[0].numpy()))
            if q.ordered is not None and joint.symbols is None:
                spreads.append(q.scale[0].numpy() if isinstance(q, Normal) else q.variance[0].sqrt().numpy())
    return Embedded(
        np.concatenate(means),
        np.concatenate(spreads) if spreads else None,
        q.ordered is not None,
        isinstance(q, Normal),
        np.concatenate(coded),
        torch.cat(chosen) if chosen else condition,
    )


def grid_for(schema: Schema, values: Array) -> ValueGrid:
    """The grid of (n, cells) values: the model's levels, or what floats show."""
    if schema.kind in ("image8", "binary"):
        grid = whole_grid(values.dtype, values.shape[1], schema.levels if schema.kind == "image8" else 2)
    else:
        grid = fit_grid(values, alike=schema.is_image)
    few = np.linspace(0, len(values) - 1, min(len(values), SAMPLE)).astype(np.int64)
    symbols, _, fits = grid.split(values[few])
    if schema.is_image:
        first = np.full(grid.cells, _common(symbols[fits]))
    else:
        first = np.array([_common(symbols[fits[:, j], j]) for j in range(grid.cells)], dtype=np.int64)
    return replace(grid, first=np.where(grid.size > 2, first, -1))


def _common(symbols: Array) -> int:
    """The most frequent symbol where it is frequent enough to be asked for first, or -1."""
    found, counts = np.unique(symbols, return_counts=True)
    return int(found[counts.argmax()]) if counts.size and counts.max() >= COMMON * symbols.size else -1
