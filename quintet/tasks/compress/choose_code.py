"""Chooses the code of a block: bits-back coding under the model's p(z), the two-part code, or one without latents."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from quintet.codec.container.varints import ByteWriter
from quintet.codec.entropy.latent_grid import LatentGrid
from quintet.codec.entropy.value_grid import ValueGrid
from quintet.distributions import Normal
from quintet.distributions.base import Factorised
from quintet.tasks.compress.coding_model import CodingModel, ValueBins
from quintet.tasks.compress.embedding import Embedding
from quintet.tasks.compress.grid_alphabet import GridAlphabet
from quintet.tasks.compress.no_latents import NoLatents
from quintet.tasks.compress.row_code import RowCode
from quintet.tasks.compress.two_part import choose_alphabet, fit_embedding_normal, sample_bits
from quintet.tasks.compress.widening import choose_widening

Array = np.ndarray[Any, Any]
MANY = 200  # rows from which on a finer grid is worth its initial bits
CLOSE, CELLS = 256, 2**16  # most rows, and about how many cells, by which codes are compared that differ little
FEW, FEW_CELLS, SHARE = 8, 2**13, 16  # rows, or about how many cells, in any case; of more rows one in so many
DENSITY_BITS = 64  # of the two-part code's density, for each latent


def choose_code(model: CodingModel, grid: ValueGrid, values: Array, known: Embedding) -> RowCode:
    """The code with latents, or without them where a context decoder makes the block shorter so.

    Few rows are shorter without: bits-back coding begins with bits that it pushes for nothing, and posteriors that are
    points give no bits back.
    """
    code = _with_latents(model, grid, values, known)
    if not model.has_context:
        return code
    without = RowCode(model, code.bins, NoLatents(), None, known.condition)
    return choose_widening(min(without, code, key=lambda each: _block_bits(each, values, known)), values, known)


def _with_latents(model: CodingModel, grid: ValueGrid, values: Array, known: Embedding) -> RowCode:
    """The code under the model's p(z) where both p(z) and q(z|x) factorise, else the two-part code.

    Discrete posteriors that are certain give no bits back. Of many codes that differ little, the two-part code uses
    only some; it is chosen where it makes the file shorter.
    """
    bins, density = ValueBins(grid, model.schema), fit_embedding_normal(known.mean)
    prior, own = model.prior(None if known.condition is None else known.condition[:1]), None
    if prior is not None and model.codes is not None:
        own = RowCode(model, bins, model.codes, None, known.condition)
    elif prior is not None and known.spread is not None:
        loc, scale = _prior_moments(prior, density, known.spread)
        latents = LatentGrid.for_posteriors(known.mean, known.spread, loc, scale, finer=len(values) >= MANY)
        own = RowCode(model, bins, GridAlphabet(latents), None, known.condition)
    if own is not None and known.factorised:
        return own
    start = GridAlphabet(LatentGrid.around(known.mean, density[1]))
    two_part = RowCode(model, bins, start, density, known.condition)
    two_part = replace(two_part, latents=choose_alphabet(two_part, values, known))
    if own is None:
        return two_part
    fixed = DENSITY_BITS * known.mean.shape[1] / len(values)
    shorter = sample_bits(own, values, known) <= sample_bits(two_part, values, known) + fixed
    return own if shorter else two_part


def _block_bits(code: RowCode, values: Array, known: Embedding) -> float:
    """About how many bits the block takes, apart from what all codes write."""
    tables = ByteWriter()
    code.latents.write(tables)
    density = 0 if code.density is None else DENSITY_BITS * known.mean.shape[1]
    initial = float(code.expected_bits(known)[0]) if len(values) else 0.0
    least = max(FEW, FEW_CELLS // values.shape[1], len(values) // SHARE)
    rows = min(CLOSE, max(CELLS // values.shape[1], 1), least)
    return len(values) * sample_bits(code, values, known, rows) + 8 * len(tables.data) + density + initial


def _prior_moments(prior: Factorised, density: tuple[Array, Array], spread: Array) -> tuple[Array, Array]:
    """Mean and spread of each latent: those of a normal prior, else those of the block's embeddings."""
    start = prior.conditionals(torch.zeros(1, 1, len(density[0]), dtype=torch.float64))
    if isinstance(start, Normal) and len(prior.sizes) == 1:
        return start.loc[0, 0].numpy(), start.scale[0, 0].numpy()
    usual = np.nan_to_num(np.median(spread, 0), nan=1.0)
    return density[0].astype(np.float64), np.hypot(density[1], usual)
