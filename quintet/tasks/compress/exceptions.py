"""Cells off the value grid and rows that escaped: what a payload stores beside the stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from quintet.codec.container.varints import ByteReader, ByteWriter
from quintet.codec.entropy.value_grid import ValueGrid

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Exceptions:
    """Values that the model does not code.

    Parameters
    ----------
    coded : (n, cells / 8): a bit for each coded cell.
    rows : (k,): numbers of the rows with cells off the grid.
    holes : bool, (k, cells): those cells.
    values : (holes,): their values.
    escapes : (escaped, cells): the rows that escaped.
    """

    coded: Array
    rows: Array
    holes: Array
    values: Array
    escapes: Array

    def put_into(self, decoded: Array, escaped: Array) -> None:
        """Overwrite the exceptional values of ``decoded``, (n, cells)."""
        if len(self.rows):
            block = decoded[self.rows]
            block[self.holes] = self.values
            decoded[self.rows] = block
        decoded[escaped] = self.escapes


def write_exceptions(out: ByteWriter, values: Array, coded: Array, escaped: Array, hidden: Array | None = None) -> None:
    """Positions and values of cells off the grid, then the escaped rows; nothing of what does not occur.

    ``hidden`` is (n, cells) of bool: cells that the reader knows not to be coded.
    """
    odd = np.flatnonzero((coded != _expected(len(values), values.shape[1], hidden)).any(1) & ~escaped)
    out.varint(int(odd.size > 0))
    if odd.size:
        holes = np.unpackbits(coded[odd], axis=1, count=values.shape[1]) == 0
        if hidden is not None:
            holes &= ~hidden[odd]
        mask = np.zeros(len(values), dtype=bool)
        mask[odd] = True
        out.array(np.packbits(mask))
        out.array(np.packbits(holes, axis=1))
        out.array(values[odd][holes])
    if escaped.any():
        out.array(values[escaped])


def read_exceptions(source: ByteReader, escaped: Array, grid: ValueGrid, hidden: Array | None = None) -> Exceptions:
    """The inverse of ``write_exceptions``."""
    rows, width = len(escaped), -(-grid.cells // 8)
    coded = _expected(rows, grid.cells, hidden).copy()
    where, holes = np.zeros(0, dtype=np.int64), np.zeros((0, grid.cells), dtype=bool)
    values = np.zeros(0, dtype=grid.dtype)
    if source.varint():
        where = np.flatnonzero(np.unpackbits(source.array("u1", -(-rows // 8)), count=rows))
        holes = np.unpackbits(source.array("u1", len(where) * width).reshape(-1, width), axis=1, count=grid.cells) > 0
        coded[where] &= np.packbits(~holes, axis=1)
        values = source.array(grid.dtype.str, int(holes.sum()))
    count = int(escaped.sum())
    escapes = source.array(grid.dtype.str, count * grid.cells) if count else np.zeros(0, dtype=grid.dtype)
    return Exceptions(coded, where, holes, values, escapes.reshape(count, grid.cells))


def _expected(rows: int, cells: int, hidden: Array | None) -> Array:
    """A bit for each cell that is not hidden, (rows, cells / 8)."""
    if hidden is not None:
        return np.packbits(~hidden, axis=1)
    return np.repeat(np.packbits(np.ones(cells, dtype=bool))[None], rows, axis=0)
