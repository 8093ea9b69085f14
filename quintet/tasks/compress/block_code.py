"""The lossy code of images by blocks: the coefficients of a transform on a grid, each under its context.

Coded are whole numbers; what they stand for is the mean of a coefficient within its cell of the grid, given the
coefficients that were decoded before it. All probabilities are calculated in exact arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from torch import Tensor

from quintet.artifacts.block_code import BlockCode
from quintet.codec.arithmetic.exact_mode import Exact
from quintet.codec.container.checksums import DIGEST, digest
from quintet.codec.container.varints import ByteReader, ByteWriter
from quintet.codec.entropy.bit_stack import Stack
from quintet.codec.entropy.cdf import CodedCells
from quintet.codec.entropy.symbol_blocks import CdfBlock
from quintet.data.schema import Schema
from quintet.errors import FileRefused, InputError
from quintet.models.block_code.network import USUAL_STEP, TwoLogistics, predicted, span, turns
from quintet.models.block_code.transform import SIDE, from_blocks, lower_edge, quantised, to_blocks, upper_edge

Array = np.ndarray[Any, Any]
FINEST, COARSEST = 1 / 32, 16.0
"""The least and the largest step, in usual ones."""
POINTS = 16
"""Points of the integral for the mean of a coefficient within its cell."""
CELLS = 2**19
"""Cells of the images that are coded together."""
MOST = 2**14
"""The largest number that stands for a coefficient."""


@dataclass(frozen=True)
class Symbols:
    """The whole numbers of some coefficients, (coefficients,), from -radius to radius, and the edges of their cells."""

    radius: int
    step: float
    width: int

    @property
    def size(self) -> Array:
        """Number of symbols of each coefficient."""
        return np.full(self.width, 2 * self.radius + 1)

    @property
    def first(self) -> Array:
        """0 is tested first."""
        return np.full(self.width, self.radius)

    def upper(self, symbols: Array, column: Array) -> Array:
        """Upper edges in grey levels."""
        return upper_edge(symbols - self.radius) * self.step


def to_blocks_payload(code: BlockCode, schema: Schema, values: Array, step: float) -> bytes:
    """(n, cells) values in the model's layout to bytes; ``step`` in usual ones."""
    if not FINEST <= step <= COARSEST:
        raise InputError(
            f"lossy must be True, or a step of the lossy code from {FINEST:g} to {COARSEST:g}, got {step:g}: 1 stands "
            f"for {USUAL_STEP:g} grey levels."
        )
    out, exact, size = ByteWriter(), _exact(code), float(np.float32(step * USUAL_STEP))
    parts = [_coefficients(exact, schema, values[part], size) for part in _batches(schema, len(values))]
    radius = int(max(np.abs(k).max(initial=0) for k in parts)) + 1
    out.data += _digest(code)
    out.array(np.array([size], np.float32))
    out.varint(radius)
    stack, sequences = Stack(), []
    for k in map(torch.from_numpy, parts):
        for here, chosen, block, _ in _turns(exact, k, size, radius):
            sequences.append(block.priced(k[..., here][chosen].numpy()))
    for sequence in reversed(sequences):
        sequence.push(stack.coder)
    out.data += stack.to_bytes()
    return bytes(out.data)


def from_blocks_payload(code: BlockCode, schema: Schema, payload: bytes, rows: int) -> Array:
    """The images of ``to_blocks_payload`` in the user's units and the training data's dtype, (n, *row_shape)."""
    source = ByteReader(payload)
    if source.take(DIGEST) != _digest(code):
        raise FileRefused(
            "The file was compressed by another lossy code than this model's: decompress it with the model file that "
            "compressed it, since fit_lossy replaces the code."
        )
    size = float(source.array("<f4", 1)[0])
    radius = source.varint()
    if not (FINEST * USUAL_STEP <= size <= COARSEST * USUAL_STEP and 0 < radius <= MOST):
        raise FileRefused("The compressed file has a step that no version writes: fetch it again.")
    exact, stack = _exact(code), Stack(source.rest())
    batches = [len(range(rows)[part]) for part in _batches(schema, rows)]
    return np.concatenate([_decoded(exact, schema, stack, n, size, radius) for n in batches])


def _batches(schema: Schema, rows: int) -> list[slice]:
    """Images that are coded together: the coder's order depends on it, so it is no option."""
    size = max(1, CELLS // schema.size)
    return [slice(start, min(start + size, rows)) for start in range(0, rows, size)]


def _decoded(code: BlockCode, schema: Schema, stack: Stack, n: int, size: float, radius: int) -> Array:
    """The next n images from the stack."""
    _, height, width = schema.shape
    shape = n, -(-height // SIDE), -(-width // SIDE), len(code.spread)
    k, y = torch.zeros(shape, dtype=torch.float64), torch.zeros(shape, dtype=torch.float64)
    for here, chosen, block, given in _turns(code, k, size, radius):
        symbols = block.pop(stack.coder).astype(np.float64)
        _put(k, here, chosen, torch.from_numpy(symbols))
        _put(y, here, chosen, _means(given, symbols, size))
    x = from_blocks(y @ code.basis.T + code.centre, schema.shape)
    return schema.to_user(x.clamp(0, 255) / 255 * schema.top)


def _turns(
    code: BlockCode, k: Tensor, size: float, radius: int
) -> Iterator[tuple[slice, Tensor, CdfBlock, TwoLogistics]]:
    """Turn after turn: its coefficients, its blocks, their symbols' code, and their distributions.

    The caller fills in k before it asks for the next turn.
    """
    step = torch.full((len(k),), size, dtype=torch.float64)
    for group, phase in turns():
        with torch.no_grad(), Exact():
            given, chosen = predicted(code, k, step, group, torch.full((len(k),), phase, dtype=torch.int64))
        here = span(group, k.shape[-1])
        rows, cells = given.loc.shape
        if not rows or not cells:
            continue
        bins, every = Symbols(radius, size, cells), np.ones((rows, cells), dtype=bool)
        yield here, chosen, CdfBlock(CodedCells(_Exactly(given.select(None)), (cells,), bins, every), -radius), given


@dataclass(frozen=True)
class _Exactly:
    """Distributions whose cdf is calculated in exact arithmetic."""

    of: TwoLogistics

    def cdf(self, x: Tensor) -> Tensor:
        with torch.no_grad(), Exact():
            return self.of.cdf(x)

    def select(self, index: object) -> _Exactly:
        return _Exactly(self.of.select(index))


def _put(whole: Tensor, here: slice, chosen: Tensor, values: Tensor) -> None:
    """Write the coefficients of a turn into (n, rows, columns, cells)."""
    part = whole[..., here]
    part[chosen] = values


def _means(given: TwoLogistics, k: Array, size: float) -> Tensor:
    """E[y | k] of coefficients, by a sum over points of their cells."""
    low, high = (torch.from_numpy(edge(k) * size)[..., None] for edge in (lower_edge, upper_edge))
    points = low + (high - low) * (torch.arange(POINTS, dtype=torch.float64) + 0.5) / POINTS
    weight = given.select((..., None)).density(points) + 1e-12
    return (points * weight).sum(-1) / weight.sum(-1)


def _coefficients(code: BlockCode, schema: Schema, values: Array, size: float) -> Array:
    """Whole numbers of images (n, cells), (n, rows, columns, cells of a block)."""
    levels = np.nan_to_num(values.astype(np.float64), nan=schema.middle * schema.top)
    x = torch.from_numpy(levels.clip(0, schema.top) * (255 / schema.top)).reshape(-1, *schema.shape)
    return quantised((to_blocks(x) - code.centre) @ code.basis, size).numpy()


def _exact(code: BlockCode) -> BlockCode:
    """The code in float64 on the CPU."""
    return BlockCode(**{field.name: getattr(code, field.name).to("cpu", torch.float64) for field in fields(code)})


def _digest(code: BlockCode) -> bytes:
    """What names a code."""
    return digest(b"".join(tensor.cpu().contiguous().numpy().tobytes() for tensor in code.by_field().values()))
