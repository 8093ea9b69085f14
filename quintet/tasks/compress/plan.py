"""How a file's rows were cut into groups: what the decoder has to know beside the stream."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import numpy as np

from quintet.errors import FileRefused
from quintet.tasks.compress.wire import Reader, Writer

Array = np.ndarray[Any, Any]


@dataclass
class Plan:
    """Groups of 2^exponent rows (the last may be shorter), each with the salt of its roundings; rows that escaped."""

    rows: int
    exponents: list[int] = field(default_factory=list)
    salts: list[int] = field(default_factory=list)
    escaped: Array = field(default_factory=lambda: np.zeros(0, dtype=bool))

    def __post_init__(self) -> None:
        if not len(self.escaped):
            self.escaped = np.zeros(self.rows, dtype=bool)

    def groups(self) -> list[tuple[Array, int]]:
        """Indices of the rows that each group codes, and its salt."""
        found, start = [], 0
        for exponent, salt in zip(self.exponents, self.salts, strict=True):
            stop = min(start + (1 << exponent), self.rows)
            found.append((start + np.flatnonzero(~self.escaped[start:stop]), salt))
            start = stop
        return found

    def write(self, out: Writer) -> None:
        """Into the header: runs of equal groups, the few salts, the escapes as a bit a row where there are any."""
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
    def read(cls, source: Reader, rows: int) -> Plan:
        """From the header."""
        plan = cls(rows)
        for _ in range(source.varint()):
            exponent, length = source.varint(), source.varint()
            if exponent > 30 or length > rows:
                raise FileRefused("The compressed file describes groups that no version writes.")
            plan.exponents += [exponent] * length
        plan.salts = [0] * len(plan.exponents)
        for _ in range(source.varint()):
            i, salt = source.varint(), source.varint()
            if i >= len(plan.salts):
                raise FileRefused("The compressed file describes groups that no version writes.")
            plan.salts[i] = salt
        if source.varint():
            plan.escaped = np.unpackbits(source.array("u1", -(-rows // 8)), count=rows).astype(bool)
        return plan
