"""Rows to a stream of bits and back: bits-back coding in groups of rows, or the two-part code.

Bits-back (Townsend, Bird and Barber, "Practical lossless compression with latent variables using bits back coding",
2019): pop z from the stack under q(z|x), push x under p(x|z), push z under p(z). The net code length of a row is its
negative ELBO. All rows of a group pop before any of them pushes, so that the decoder runs its networks once a group;
groups grow with the stack, so that few initial bits are needed.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from quintet.codec.container.row_groups import CELLS_IN_GROUP, MAX_SALT, GroupPlan
from quintet.codec.entropy.binary_decisions import pop_symbols
from quintet.codec.entropy.bit_stack import Stack
from quintet.inference.chunks import RowProgress
from quintet.tasks.compress.embedding import Embedding
from quintet.tasks.compress.ledger import Ledger
from quintet.tasks.compress.row_code import RowCode

Array = np.ndarray[Any, Any]
HOPELESS = 8
"""A row escapes where its code takes more bits than this for each byte of its cells: more than the cells themselves."""


def encode_rows(
    code: RowCode, values: Array, known: Embedding, batch_rows: int, progress: RowProgress | None = None
) -> tuple[GroupPlan, bytes]:
    """(n, cells) values with the embedding ``known``, to the plan of their groups and the stream."""
    stack, plan, start, total = Stack(), GroupPlan(len(values)), 0, len(values)
    most = max(1, min(batch_rows, CELLS_IN_GROUP // values.shape[1])).bit_length() - 1
    popped_bits = code.expected_bits(known)
    while start < total:
        exponent = _group_exponent(popped_bits[start : start + (1 << most)], stack.available_bits, most)
        rows = np.arange(start, min(start + (1 << exponent), total))
        escaped, salt = _encode_group(code, stack, rows, values, known, popped_bits)
        plan.exponents.append(exponent)
        plan.salts.append(salt)
        plan.escaped[escaped] = True
        start += len(rows)
        if progress is not None:
            progress("compress", start, total)
    return plan, stack.to_bytes()


def _group_exponent(popped_bits: Array, available: int, most: int) -> int:
    """The largest group that pops at most half of the stack's bits."""
    affordable = int(np.searchsorted(np.cumsum(popped_bits), available / 2, side="right"))
    return min(most, max(affordable, 1).bit_length() - 1) if affordable < len(popped_bits) else most


def _encode_group(
    code: RowCode, stack: Stack, rows: Array, values: Array, known: Embedding, expected: Array
) -> tuple[list[int], int]:
    """Push a group; returns the rows that escaped because their code is too long, and the salt that rounds the others
    safely."""
    escaped: list[int] = []
    salt, grid = 0, code.bins.grid
    while len(rows):
        symbols, low, fits = grid.split(values[rows])
        q = code.posterior(values[rows], fits, rows, salt, known)
        k = code.latents.quantise(known.mean[rows]) if q is None else stack.pop(q, float(expected[rows].sum()))
        popped, prior = None if q is None else q.priced(k), code.prior(rows, salt).priced(k)
        decisions = code.decisions(k, rows, symbols, fits, salt)
        of_cells = np.sum([each.bits for each in decisions], axis=0)
        bits = of_cells + (fits * grid.shift).sum(1) + prior.bits - (0 if popped is None else popped.bits)
        hopeless = bits > HOPELESS * values.itemsize * fits.sum(1)
        hopeless |= (code.implied(symbols, fits) & (symbols != 0)).any(1)
        fragile = prior.fragile | (False if popped is None else popped.fragile)
        if not code.model.exact:
            for each in decisions:
                fragile = fragile | each.fragile
        if salt >= MAX_SALT:
            hopeless |= fragile
        if not hopeless.any() and not fragile.any():
            stack.push_low_bits(low, grid.shift, fits)
            for each in reversed(decisions):
                each.push(stack.coder)
            prior.push(stack.coder)
            break
        if popped is not None:
            popped.push(stack.coder)  # exactly undoes the pop
        escaped += rows[hopeless].tolist()
        salt += not hopeless.any()
        rows = rows[~hopeless]
    return escaped, salt


def decode_rows(
    code: RowCode,
    plan: GroupPlan,
    stream: bytes,
    coded: Array,
    progress: RowProgress | None = None,
    ledger: Ledger | None = None,
) -> Array:
    """The values, (n, cells), of all rows that did not escape; ``coded``, (n, cells / 8): a bit for each coded cell.

    ``ledger`` gets the bits of each part.
    """
    stack, grid, done = Stack(stream), code.bins.grid, 0
    values = np.zeros((plan.rows, grid.cells), dtype=grid.dtype)
    for rows, salt in reversed(plan.groups()):
        if not len(rows):
            continue
        fits = np.unpackbits(coded[rows], axis=1, count=grid.cells).astype(bool)
        prior = code.prior(rows, salt)
        k = prior.pop(stack.coder)
        symbols = np.zeros(fits.shape, dtype=np.int64)
        part, no_low_bits = np.zeros((len(rows), grid.cells), dtype=grid.dtype), np.zeros(fits.shape, np.uint64)
        steps = []
        for step in code.cells(k, rows, part, fits, salt):
            steps.append(step)
            symbols[:, step.place] = pop_symbols(stack.coder, step.cells)
            part[:, step.place] = grid.join(symbols, no_low_bits)[:, step.place]
        low = stack.pop_low_bits(grid.shift, fits)
        values[rows] = np.where(fits, grid.join(symbols, low), values[rows])
        q = code.posterior(values[rows], fits, rows, salt, None)
        popped = None if q is None else q.priced(k)
        if popped is not None:
            popped.push(stack.coder)
        if ledger is not None:
            ledger.add_group(symbols, steps, prior.priced(k), popped, (fits * grid.shift).sum(0))
        done += len(rows)
        if progress is not None:
            progress("decompress", done, plan.rows)
    if ledger is not None:
        ledger.initial += int(stack.coder.num_valid_bits())
    return values
