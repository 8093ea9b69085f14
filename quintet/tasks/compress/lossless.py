"""Rows to a payload and back, bit for bit.

The payload: grid, condition, kind of code, grid of the latents, plan, cells off the grid, escaped rows, stream.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from torch import Tensor

from quintet.model.fitted import Fitted
from quintet.tasks.chunks import Progress
from quintet.tasks.compress.coder import Code, decode, encode
from quintet.tasks.compress.conditions import read_condition, write_condition
from quintet.tasks.compress.embedded import Embedded, embed, grid_for
from quintet.tasks.compress.grid import Grid
from quintet.tasks.compress.joint import Bins, Joint
from quintet.tasks.compress.latents import LatentGrid
from quintet.tasks.compress.plan import Plan
from quintet.tasks.compress.two_part import choose_steps, fit_density, read_density, write_density
from quintet.tasks.compress.wire import Reader, Writer

Array = np.ndarray[Any, Any]
MANY = 200  # rows from which on finer latents are worth their initial bits


def to_payload(
    fitted: Fitted, values: Array, condition: Tensor | None, batch_rows: int, progress: Progress | None = None
) -> bytes:
    """(n, cells) values in the model's layout to bytes."""
    joint, out = Joint.of(fitted), Writer()
    grid = grid_for(fitted.schema, values)
    grid.write(out)
    known = embed(fitted, joint, grid, values, condition, batch_rows)
    write_condition(out, fitted.schema, known.condition)
    code = _code(joint, grid, values, known)
    spread = known.spread if code.density is None else None
    out.varint(int(code.density is not None))
    if code.density is not None:
        write_density(out, code.density)
    code.latents.write(out)
    plan, stream = encode(code, values, known.mean, spread, batch_rows, progress)
    plan.write(out)
    _write_exceptions(out, values, known.coded, plan.escaped)
    out.data += stream
    return bytes(out.data)


def from_payload(
    fitted: Fitted, payload: bytes, rows: int, dtype: np.dtype[Any], progress: Progress | None = None
) -> Array:
    """The (n, cells) values of ``to_payload``."""
    joint, source = Joint.of(fitted), Reader(payload)
    grid = Grid.read(source, dtype, fitted.schema.size)
    condition = read_condition(source, fitted.schema, rows)
    density = read_density(source, joint.latent_dim) if source.varint() else None
    latents = LatentGrid.read(source, joint.latent_dim)
    plan = Plan.read(source, rows)
    coded, odd, escapes = _read_exceptions(source, plan.escaped, grid)
    code = Code(joint, Bins(grid, fitted.schema), latents, density, condition)
    values = decode(code, plan, source.rest(), coded, progress)
    if len(odd.rows):
        block = values[odd.rows]
        block[odd.holes] = odd.values
        values[odd.rows] = block
    values[plan.escaped] = escapes
    return values


def _code(joint: Joint, grid: Grid, values: Array, known: Embedded) -> Code:
    """Bits-back where posterior and prior are normals of one layer, else the two-part code."""
    bins = Bins(grid, joint.schema)
    prior = joint.prior(1, None if known.condition is None else known.condition[:1])
    if known.spread is not None and prior is not None:
        latents = LatentGrid.under(known.mean, known.spread, prior[0][0], prior[1][0], finer=len(values) >= MANY)
        return Code(joint, bins, latents, None, known.condition)
    density = fit_density(known.mean)
    code = Code(joint, bins, LatentGrid.around(known.mean, density[1]), density, known.condition)
    return replace(code, latents=choose_steps(code, values, known.mean))


def _all_coded(cells: int) -> Array:
    return np.packbits(np.ones(cells, dtype=bool))


@dataclass(frozen=True)
class Odd:
    """Cells off the grid."""

    rows: Array  # (k,): the rows that have some
    holes: Array  # (k, cells) bool
    values: Array  # (holes,)


def _write_exceptions(out: Writer, values: Array, coded: Array, escaped: Array) -> None:
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


def _read_exceptions(source: Reader, escaped: Array, grid: Grid) -> tuple[Array, Odd, Array]:
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
