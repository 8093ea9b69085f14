"""The encoder's first pass over a block: the grid of the values, the posteriors and the conditions of the rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from quintet.codec.entropy.grid_fit import fit_grid
from quintet.codec.entropy.rounding_slips import without_slips
from quintet.codec.entropy.value_grid import ValueGrid, whole_grid
from quintet.data.row_layout import Steps
from quintet.data.schema import Schema
from quintet.distributions import Normal
from quintet.models.fitted import Fitted
from quintet.tasks.compress.coding_model import CodingModel
from quintet.tasks.compress.conditions import best_condition

Array = np.ndarray[Any, Any]
SAMPLE = 2000
FREQUENT = 0.25  # a symbol with at least this share of a cell's rows is tested first


@dataclass(frozen=True)
class Embedding:
    """The posteriors of a block's rows.

    Parameters
    ----------
    mean : (n, latent_dim).
    spread : (n, latent_dim); None where latents are discrete or the coder cannot pop from the posteriors.
    factorised : whether the posteriors factorise block by block, so that the coder can pop from them.
    normal : whether they are normals with this mean and spread.
    coded : (n, cells / 8): a bit for each cell that fits the value grid.
    condition : (n, condition_dim), as given by the user, or the most probable one of each row; None without condition.
    """

    mean: Array
    spread: Array | None
    factorised: bool
    normal: bool
    coded: Array
    condition: Tensor | None


def embed(
    fitted: Fitted, model: CodingModel, grid: ValueGrid, values: Array, condition: Tensor | None, batch_rows: int
) -> Embedding:
    """The posteriors of (n, cells) values, n >= 1, in batches."""
    means, spreads, coded, chosen = [], [], [], []
    for start in range(0, len(values), batch_rows):
        part = values[start : start + batch_rows]
        fits = grid.split(part)[2]
        coded.append(np.packbits(fits, axis=1))
        given = None if condition is None else condition[start : start + batch_rows]
        if given is None and fitted.schema.condition is not None:
            given = best_condition(fitted, *model.to_model(part, fits))
            chosen.append(given)
        with model.arithmetic():
            q = model.posterior(part, fits, given)
            means.append(np.nan_to_num(q.mean[0].numpy()))
            if q.ordered is not None and model.codes is None:
                spreads.append(q.scale[0].numpy() if isinstance(q, Normal) else q.variance[0].sqrt().numpy())
    return Embedding(
        np.concatenate(means),
        np.concatenate(spreads) if spreads else None,
        q.ordered is not None,
        isinstance(q, Normal),
        np.concatenate(coded),
        torch.cat(chosen) if chosen else condition,
    )


def decimals_for(schema: Schema, values: Array) -> Array:
    """(n, cells) values without the rounding errors of decimals; the same array where there are none."""
    if schema.support.levels:
        return values
    return without_slips(values, different_columns(schema), with_lists=schema.sequential)


def grid_for(schema: Schema, values: Array) -> ValueGrid:
    """The grid of (n, cells) values: the levels of the schema, or the coarsest grid that holds floats."""
    if schema.support.levels:
        grid = whole_grid(values.dtype, values.shape[1], schema.support.levels)
    else:
        grid = fit_grid(values, different_columns(schema), with_lists=schema.sequential)
    few = np.linspace(0, len(values) - 1, min(len(values), SAMPLE)).astype(np.int64)
    symbols, _, fits = grid.split(values[few])
    different = different_columns(schema)
    symbols, fits = (t.reshape(-1, different) for t in (symbols, fits))
    own = [_frequent(symbols[fits[:, j], j]) for j in range(different)]
    first = np.array(own * (grid.cells // different), dtype=np.int64)
    return replace(grid, first=np.where(grid.size > 2, first, -1))


def different_columns(schema: Schema) -> int:
    """Number of columns of cells that may differ: one of images, the channels of series, else all."""
    if schema.is_image:
        return 1
    return schema.layout.channels if isinstance(schema.layout, Steps) else schema.size


def _frequent(symbols: Array) -> int:
    """The most frequent symbol if it is frequent enough to be tested first, else -1."""
    found, counts = np.unique(symbols, return_counts=True)
    return int(found[counts.argmax()]) if counts.size and counts.max() >= FREQUENT * symbols.size else -1
