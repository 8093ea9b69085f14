"""Rows to a payload and back, bit for bit.

The payload: grid, condition, kind of code (its bits: two-part, exact arithmetic), grid of the latents, plan, cells
off the grid, escaped rows, stream.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from quintet.codec.arithmetic.normalisation import NotExact
from quintet.codec.container.row_groups import Plan
from quintet.codec.container.varints import ByteReader, ByteWriter
from quintet.codec.entropy.latent_grid import LatentGrid
from quintet.codec.entropy.value_grid import ValueGrid
from quintet.distributions import Normal
from quintet.distributions.base import Factorised
from quintet.inference.chunks import RowProgress
from quintet.models.fitted import Fitted
from quintet.tasks.compress.bits_back import Code, decode_rows, encode_rows
from quintet.tasks.compress.coding_model import Bins, Joint
from quintet.tasks.compress.conditions import read_condition, write_condition
from quintet.tasks.compress.embedding import Embedded, embed, grid_for
from quintet.tasks.compress.two_part import choose_steps, fit_embedding_normal, read_density, sample_bits, write_density

Array = np.ndarray[Any, Any]
TWO_PART, EXACT = 1, 2  # bits of the kind of code
MANY = 200  # rows from which on finer latents are worth their initial bits


def to_payload(
    fitted: Fitted, values: Array, condition: Tensor | None, batch_rows: int, progress: RowProgress | None = None
) -> bytes:
    """(n, cells) values in the model's layout to bytes."""
    try:
        return _to_payload(fitted, values, condition, batch_rows, progress, exact=True)
    except NotExact:
        return _to_payload(fitted, values, condition, batch_rows, progress, exact=False)


def _to_payload(
    fitted: Fitted,
    values: Array,
    condition: Tensor | None,
    batch_rows: int,
    progress: RowProgress | None,
    exact: bool,
) -> bytes:
    joint, out = Joint.of(fitted, exact), ByteWriter()
    grid = grid_for(fitted.schema, values)
    grid.write(out)
    known = embed(fitted, joint, grid, values, condition, batch_rows)
    write_condition(out, fitted.schema, known.condition)
    with joint.arithmetic():
        code = _code(joint, grid, values, known)
        plan, stream = encode_rows(code, values, known, batch_rows, progress)
    out.varint((TWO_PART if code.density is not None else 0) | (EXACT if exact else 0))
    if code.density is not None:
        write_density(out, code.density)
    if isinstance(code.latents, LatentGrid):
        code.latents.write(out)
    plan.write(out)
    _write_exceptions(out, values, known.coded, plan.escaped)
    out.data += stream
    return bytes(out.data)


def from_payload(
    fitted: Fitted, payload: bytes, rows: int, dtype: np.dtype[Any], progress: RowProgress | None = None
) -> Array:
    """The (n, cells) values of ``to_payload``."""
    source = ByteReader(payload)
    grid = ValueGrid.read(source, dtype, fitted.schema.size)
    condition = read_condition(source, fitted.schema, rows)
    kind = source.varint()
    joint = Joint.of(fitted, bool(kind & EXACT))
    density = read_density(source, joint.latent_dim) if kind & TWO_PART else None
    symbols = joint.symbols if density is None else None
    latents = symbols or LatentGrid.read(source, joint.latent_dim)
    plan = Plan.read(source, rows, grid.cells)
    coded, odd, escapes = _read_exceptions(source, plan.escaped, grid)
    code = Code(joint, Bins(grid, fitted.schema), latents, density, condition)
    with joint.arithmetic():
        values = decode_rows(code, plan, source.rest(), coded, progress)
    if len(odd.rows):
        block = values[odd.rows]
        block[odd.holes] = odd.values
        values[odd.rows] = block
    values[plan.escaped] = escapes
    return values


def _code(joint: Joint, grid: ValueGrid, values: Array, known: Embedded) -> Code:
    """Under the model's p(z) where it is told in order, and q(z|x) too or z is a code; else the two-part code.

    Codes that the model is sure of give no bits back. Of many that differ little, the two-part code skips some, and is
    taken where that makes the file shorter.
    """
    bins, density = Bins(grid, joint.schema), fit_embedding_normal(known.mean)
    prior, own = joint.prior(None if known.condition is None else known.condition[:1]), None
    if prior is not None and joint.symbols is not None:
        own = Code(joint, bins, joint.symbols, None, known.condition)
    elif prior is not None and known.spread is not None:
        centre, width = _prior_moments(prior, density, known.spread)
        latents = LatentGrid.under(known.mean, known.spread, centre, width, finer=len(values) >= MANY)
        own = Code(joint, bins, latents, None, known.condition)
    if own is not None and known.ordered:
        return own
    code = Code(joint, bins, LatentGrid.around(known.mean, density[1]), density, known.condition)
    code = replace(code, latents=choose_steps(code, values, known.mean))
    if own is None:
        return code
    fixed = 64 * known.mean.shape[1] / len(values)  # the density's own numbers
    shorter = sample_bits(own, values, known.mean) <= sample_bits(code, values, known.mean) + fixed
    return own if shorter else code


def _prior_moments(prior: Factorised, density: tuple[Array, Array], spread: Array) -> tuple[Array, Array]:
    """Mean and spread of each latent: a normal's own, else those that the file's latents show."""
    start = prior.conditionals(torch.zeros(1, 1, len(density[0]), dtype=torch.float64))
    if isinstance(start, Normal) and len(prior.sizes) == 1:
        return start.loc[0, 0].numpy(), start.scale[0, 0].numpy()
    usual = np.nan_to_num(np.median(spread, 0), nan=1.0)
    return density[0].astype(np.float64), np.hypot(density[1], usual)


def _all_coded(cells: int) -> Array:
    return np.packbits(np.ones(cells, dtype=bool))


@dataclass(frozen=True)
class Odd:
    """Cells off the grid."""

    rows: Array  # (k,): the rows that have some
    holes: Array  # (k, cells) bool
    values: Array  # (holes,)


def _write_exceptions(out: ByteWriter, values: Array, coded: Array, escaped: Array) -> None:
    """Which cells are off the grid and what they hold, then the escaped rows; only what there is."""
    odd = np.flatnonzero((coded != _all_coded(values.shape[1])).any(1) & ~escaped)
    out.varint(int(odd.size > 0))
    if odd.size:
        holes = np.unpackbits(coded[odd], axis=1, count=values.shape[1]) == 0
        mark = np.zeros(len(values), dtype=bool)
        mark[odd] = True
        out.array(np.packbits(mark))
        out.array(np.packbits(holes, axis=1))
        out.array(values[odd][holes])
    if escaped.any():
        out.array(values[escaped])


def _read_exceptions(source: ByteReader, escaped: Array, grid: ValueGrid) -> tuple[Array, Odd, Array]:
    """A bit for each coded cell (n, cells / 8), the other cells, and the escaped rows."""
    rows, width = len(escaped), -(-grid.cells // 8)
    coded = np.repeat(_all_coded(grid.cells)[None], rows, axis=0)
    odd = Odd(np.zeros(0, dtype=np.int64), np.zeros((0, grid.cells), dtype=bool), np.zeros(0, dtype=grid.dtype))
    if source.varint():
        where = np.flatnonzero(np.unpackbits(source.array("u1", -(-rows // 8)), count=rows))
        holes = np.unpackbits(source.array("u1", len(where) * width).reshape(-1, width), axis=1, count=grid.cells) > 0
        coded[where] = np.packbits(~holes, axis=1)
        odd = Odd(where, holes, source.array(grid.dtype.str, int(holes.sum())))
    count = int(escaped.sum())
    escapes = source.array(grid.dtype.str, count * grid.cells) if count else np.zeros(0, dtype=grid.dtype)
    return coded, odd, escapes.reshape(count, grid.cells)
