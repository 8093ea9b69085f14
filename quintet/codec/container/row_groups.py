"""The groups into which the rows of a block are cut for bits-back coding; the decoder reads them before the stream."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import numpy as np

from quintet.codec.container.varints import ByteReader, ByteWriter
from quintet.errors import FileRefused

Array = np.ndarray[Any, Any]
MAX_SALT = 12  # roundings that are tried before a fragile row escapes
CELLS_IN_GROUP = 1 << 20  # bounds memory
ILLEGAL = "The compressed file describes groups of rows that no version writes: fetch it again."


@dataclass
class GroupPlan:
    """Groups of consecutive rows that are coded together.

    Parameters
    ----------
    rows : rows of the block.
    exponents : a group has 2^exponent rows; the last may be shorter.
    salts : the salt with which each group's probabilities were rounded.
    escaped : bool, (rows,): rows that are stored as they are, since the model cannot code them.
    """

    rows: int
    exponents: list[int] = field(default_factory=list)
    salts: list[int] = field(default_factory=list)
    escaped: Array = field(default_factory=lambda: np.zeros(0, dtype=bool))

    def __post_init__(self) -> None:
        if not len(self.escaped):
            self.escaped = np.zeros(self.rows, dtype=bool)

    def groups(self) -> list[tuple[Array, int]]:
        """Numbers of the rows that each group codes, and its salt."""
        found, start = [], 0
        for exponent, salt in zip(self.exponents, self.salts, strict=True):
            stop = min(start + (1 << exponent), self.rows)
            found.append((start + np.flatnonzero(~self.escaped[start:stop]), salt))
            start = stop
        return found

    def write(self, out: ByteWriter) -> None:
        """Write runs of equal exponents, the salts that are not 0, and one bit a row where some row escaped."""
        runs = [(exponent, len(list(run))) for exponent, run in groupby(self.exponents)]
        out.varint(len(runs))
        for exponent, length in runs:
            out.varint(exponent)
            out.varint(length)
        salted = [(i, salt) for i, salt in enumerate(self.salts) if salt]
        out.varint(len(salted))
        for i, salt in salted:
            out.varint(i)
            out.varint(salt)
        out.varint(int(self.escaped.any()))
        if self.escaped.any():
            out.array(np.packbits(self.escaped))

    @classmethod
    def read(cls, source: ByteReader, rows: int, cells: int) -> GroupPlan:
        """The inverse of ``write`` for rows of ``cells`` cells; refuses more groups than rows, and too large ones."""
        plan, covered, most = cls(rows), 0, max(1, CELLS_IN_GROUP // cells)
        for _ in range(source.varint()):
            exponent, length = source.varint(), source.varint()
            size = 1 << min(exponent, 63)
            if size > most or not length or covered + (length - 1) * size >= rows:
                raise FileRefused(ILLEGAL)
            plan.exponents += [exponent] * length
            covered += length * size
        if covered < rows:
            raise FileRefused(ILLEGAL)
        plan.salts, least = [0] * len(plan.exponents), 0
        for _ in range(source.varint()):
            i, salt = source.varint(), source.varint()
            if not least <= i < len(plan.salts) or salt > MAX_SALT:
                raise FileRefused(ILLEGAL)
            plan.salts[i], least = salt, i + 1
        if source.varint():
            plan.escaped = np.unpackbits(source.array("u1", -(-rows // 8)), count=rows).astype(bool)
        return plan
