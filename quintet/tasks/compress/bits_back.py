"""Rows to a stream and back: bits-back coding in groups, or first z, then x where the posterior gives nothing back.

Bits-back (Townsend, Bird and Barber, "Practical lossless compression with latent variables using bits back coding",
2019): pop z from the stack under q(z|x), push x under p(x|z), push z under p(z). The net price of a row is its
negative ELBO. All rows of a group pop before any of them pushes, so that one pass of the decoder serves the group;
groups grow as the stack does, so that few bits have to be lent at the start.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from quintet.codec.container.row_groups import CELLS_IN_GROUP, SALTS, Plan
from quintet.codec.entropy.binary_decisions import Record, pop
from quintet.codec.entropy.bit_stack import Stack
from quintet.codec.entropy.cdf import CodedCells
from quintet.codec.entropy.coding_order import Blocks
from quintet.codec.entropy.latent_grid import LatentGrid
from quintet.distributions import Normal
from quintet.distributions.base import Factorised
from quintet.inference.chunks import RowProgress
from quintet.tasks.compress.coding_model import Bins, Joint
from quintet.tasks.compress.embedding import Embedded
from quintet.tasks.compress.symbols import Symbols

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Code:
    """What encoder and decoder both know."""

    joint: Joint
    bins: Bins
    latents: LatentGrid | Symbols
    density: tuple[Array, Array] | None  # mean and spread of the embeddings: the two-part code; None: the model's p(z)
    condition: Tensor | None  # (n, condition_dim)

    def given(self, rows: Array) -> Tensor | None:
        """The condition of some rows."""
        return None if self.condition is None else self.condition[rows]

    def prior(self, rows: Array, salt: int) -> Blocks:
        """p(z) of some rows."""
        if self.density is not None:
            return Blocks(_normal(*self.density), self.latents, len(rows), exact=True)
        ordered = self.joint.prior(self.given(rows))
        assert ordered is not None, "the model's p(z) is chosen only where it can be told in order"
        return Blocks(ordered, self.latents, len(rows), salt)

    def posterior(self, values: Array, fits: Array, rows: Array, salt: int, known: Embedded | None) -> Blocks | None:
        """q(z|x) of some rows, of what is ``known`` already where that is all; None: there is nothing to pop."""
        if self.density is not None:
            return None
        if known is not None and known.normal and known.spread is not None:
            ordered: Factorised | None = _normal(known.mean[rows], known.spread[rows])
        else:
            ordered = self.joint.posterior(values, fits, self.given(rows)).ordered
        return None if ordered is None else Blocks(ordered, self.latents, len(rows), salt, near=True)

    def expected_bits(self, known: Embedded) -> Array:
        """About how many bits each row pops, (n,)."""
        if self.density is not None or not known.ordered:
            return np.zeros(len(known.mean))
        if isinstance(self.latents, Symbols):
            return np.full(len(known.mean), self.latents.most_bits)
        assert known.spread is not None, "posteriors of numbers have a spread"
        return self.latents.normal(known.mean, known.spread, near=True).expected_bits

    def cells(self, k: Array, rows: Array, coded: Array, salt: int) -> CodedCells:
        """p(x|z) of some rows."""
        likelihood = self.joint.likelihood(self.latents.value(k), self.given(rows))
        return CodedCells(likelihood, self.joint.schema.shape, self.bins, coded, salt)


def _normal(loc: Array, scale: Array) -> Factorised:
    """Normals of numbers (rows, latent_dim), or (latent_dim,) for all rows."""
    mean, spread = (torch.from_numpy(np.atleast_2d(part)).double()[None] for part in (loc, scale))
    return Normal(mean, spread).ordered


def encode_rows(
    code: Code, values: Array, known: Embedded, batch_rows: int, progress: RowProgress | None = None
) -> tuple[Plan, bytes]:
    """(n, cells) values, whose posteriors are ``known``, to a stream."""
    stack, plan, start, total = Stack(), Plan(len(values)), 0, len(values)
    most = max(1, min(batch_rows, CELLS_IN_GROUP // values.shape[1])).bit_length() - 1
    price = code.expected_bits(known)
    while start < total:
        exponent = _group(price[start : start + (1 << most)], stack.spare_bits, most)
        rows = np.arange(start, min(start + (1 << exponent), total))
        escaped, salt = _encode_group(code, stack, rows, values, known, price)
        plan.exponents.append(exponent)
        plan.salts.append(salt)
        plan.escaped[escaped] = True
        start += len(rows)
        if progress is not None:
            progress("compress", start, total)
    return plan, stack.to_bytes()


def _group(price: Array, spare: int, most: int) -> int:
    """The largest group that pops no more than half of what the stack holds."""
    affordable = int(np.searchsorted(np.cumsum(price), spare / 2, side="right"))
    return min(most, max(affordable, 1).bit_length() - 1) if affordable < len(price) else most


def _encode_group(
    code: Code, stack: Stack, rows: Array, values: Array, known: Embedded, expected: Array
) -> tuple[list[int], int]:
    """Push a group; the rows that the model finds hopeless, and the salt that settled the rest."""
    escaped: list[int] = []
    salt, grid = 0, code.bins.grid
    while len(rows):
        symbols, low, fits = grid.split(values[rows])
        q = code.posterior(values[rows], fits, rows, salt, known)
        k = code.latents.place(known.mean[rows]) if q is None else stack.borrow(q, float(expected[rows].sum()))
        cells, popped = code.cells(k, rows, fits, salt), None if q is None else q.of(k)
        record, prior = Record.of(symbols, cells), code.prior(rows, salt).of(k)
        price = record.bits + (fits * grid.shift).sum(1) + prior.bits - (0 if popped is None else popped.bits)
        hopeless = price > 8 * values.itemsize * fits.sum(1)
        fragile = record.fragile | prior.fragile | (False if popped is None else popped.fragile)
        if salt >= SALTS:
            hopeless |= fragile
        if not hopeless.any() and not fragile.any():
            stack.push_low_bits(low, grid.shift, fits)
            record.push(stack.coder)
            prior.push(stack.coder)
            break
        if popped is not None:
            popped.push(stack.coder)  # exactly undoes the pop
        escaped += rows[hopeless].tolist()
        salt += not hopeless.any()
        rows = rows[~hopeless]
    return escaped, salt


def decode_rows(code: Code, plan: Plan, stream: bytes, coded: Array, progress: RowProgress | None = None) -> Array:
    """The values, (n, cells), of all rows but the escaped ones;
    ``coded`` (n, cells / 8): a bit for each cell that fits."""
    stack, grid, done = Stack(stream), code.bins.grid, 0
    values = np.zeros((plan.rows, grid.cells), dtype=grid.dtype)
    for rows, salt in reversed(plan.groups()):
        if not len(rows):
            continue
        fits = np.unpackbits(coded[rows], axis=1, count=grid.cells).astype(bool)
        prior = code.prior(rows, salt)
        k = prior.pop(stack.coder)
        symbols = pop(stack.coder, code.cells(k, rows, fits, salt))
        low = stack.pop_low_bits(grid.shift, fits)
        values[rows] = np.where(fits, grid.join(symbols, low), values[rows])
        q = code.posterior(values[rows], fits, rows, salt, None)
        if q is not None:
            q.of(k).push(stack.coder)
        done += len(rows)
        if progress is not None:
            progress("decompress", done, plan.rows)
    return values
