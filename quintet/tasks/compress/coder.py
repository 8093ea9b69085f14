"""Rows to a stream and back: bits-back coding in groups, or a two-part code where the posterior is a point.

Bits-back (Townsend, Bird and Barber, "Practical lossless compression with latent variables using bits back coding",
2019): pop z from the stack under q(z|x), push x under p(x|z), push z under p(z). The net price of a row is its
negative ELBO. All rows of a group pop before any of them pushes, so that one pass of the decoder serves the group;
groups grow as the stack does, so that few bits have to be lent at the start.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from torch import Tensor

from quintet.tasks.chunks import Progress
from quintet.tasks.compress.below import Cells
from quintet.tasks.compress.decisions import Record, pop
from quintet.tasks.compress.joint import Bins, Joint
from quintet.tasks.compress.latents import LatentCode, LatentGrid
from quintet.tasks.compress.plan import Plan
from quintet.tasks.compress.stack import Stack

Array = np.ndarray[Any, Any]
SALTS = 12  # roundings that are tried before a fragile row escapes
CELLS_IN_GROUP = 1 << 20  # bounds memory


@dataclass(frozen=True)
class Code:
    """What encoder and decoder both know."""

    joint: Joint
    bins: Bins
    latents: LatentGrid
    density: tuple[Array, Array] | None  # mean and spread of the embeddings: the two-part code; None: bits-back
    condition: Tensor | None  # (n, condition_dim)

    def given(self, rows: Array) -> Tensor | None:
        """The condition of some rows."""
        return None if self.condition is None else self.condition[rows]

    def prior(self, rows: Array, salt: int) -> LatentCode:
        """p(z) of some rows."""
        if self.density is not None:
            loc, scale = (np.broadcast_to(part, (len(rows), len(part))) for part in self.density)
            return replace(
                self.latents.normal(loc, scale), fragile=np.zeros(len(rows), dtype=bool)
            )  # read, not computed
        known = self.joint.prior(len(rows), self.given(rows))
        assert known is not None, "bits-back is chosen for normal priors only"
        return self.latents.normal(*known, salt)

    def cells(self, k: Array, rows: Array, coded: Array, salt: int) -> Cells:
        """p(x|z) of some rows."""
        likelihood = self.joint.likelihood(self.latents.value(k), self.given(rows))
        return Cells(likelihood, self.joint.schema.shape, self.bins, coded, salt)


def encode(
    code: Code, values: Array, mean: Array, spread: Array | None, batch_rows: int, progress: Progress | None = None
) -> tuple[Plan, bytes]:
    """(n, cells) values, with their posterior's parameters (n, latent_dim), to a stream."""
    stack, plan, start, total = Stack(), Plan(len(values)), 0, len(values)
    most = max(1, min(batch_rows, CELLS_IN_GROUP // values.shape[1])).bit_length() - 1
    price = np.zeros(total) if spread is None else code.latents.normal(mean, spread, near=True).expected_bits
    while start < total:
        exponent = _group(price[start : start + (1 << most)], stack.spare_bits, most)
        rows = np.arange(start, min(start + (1 << exponent), total))
        escaped, salt = _encode_group(code, stack, rows, values, mean, spread)
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
    code: Code, stack: Stack, rows: Array, values: Array, mean: Array, spread: Array | None
) -> tuple[list[int], int]:
    """Push a group; the rows that the model finds hopeless, and the salt that settled the rest."""
    escaped: list[int] = []
    salt, grid = 0, code.bins.grid
    while len(rows):
        symbols, low, fits = grid.split(values[rows])
        q = None if spread is None else code.latents.normal(mean[rows], spread[rows], salt, near=True)
        k = code.latents.place(mean[rows]) if q is None else stack.borrow(q)
        cells = code.cells(k, rows, fits, salt)
        record, prior = Record.of(symbols, cells), code.prior(rows, salt)
        price = record.bits + (fits * grid.shift).sum(1) + prior.bits(k) - (0 if q is None else q.bits(k))
        hopeless = price > 8 * values.itemsize * fits.sum(1)
        fragile = record.fragile | prior.fragile | (False if q is None else q.fragile)
        if salt >= SALTS:
            hopeless |= fragile
        if not hopeless.any() and not fragile.any():
            stack.push_low_bits(low, grid.shift, fits)
            record.push(stack.coder)
            prior.push(stack.coder, k)
            break
        if q is not None:
            q.push(stack.coder, k)  # exactly undoes the pop
        escaped += rows[hopeless].tolist()
        salt += not hopeless.any()
        rows = rows[~hopeless]
    return escaped, salt


def decode(code: Code, plan: Plan, stream: bytes, coded: Array, progress: Progress | None = None) -> Array:
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
        if code.density is None:
            mean, spread = code.joint.posterior(values[rows], fits, code.given(rows))
            assert spread is not None, "bits-back is chosen for normal posteriors only"
            code.latents.normal(mean, spread, salt, near=True).push(stack.coder, k)
        done += len(rows)
        if progress is not None:
            progress("decompress", done, plan.rows)
    return values
