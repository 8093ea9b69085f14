"""Entropy code of a mask: column after column, each given the earlier column that is most informative about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from quintet.codec.container.varints import ByteReader, ByteWriter
from quintet.errors import FileRefused

Array = np.ndarray[Any, Any]
ONE = 1 << 16
COLUMN_BITS = 24
"""About what a context costs in the table."""


def write_mask(out: ByteWriter, mask: Array) -> None:
    """Write (n, cells) of bool; one byte where nothing is True.

    For each column with a True: the column on which it depends, or none, and P(True) in 1/65536 given each value of
    that; then the length of the stack, and the stack.
    """
    columns = np.flatnonzero(mask.any(0)).tolist()
    out.varint(len(columns))
    if not len(columns):
        return
    coded = list[tuple[Array, int]]()
    for place, column in enumerate(columns):
        earlier = [None, *columns[:place]]
        given = min(earlier, key=lambda one: _bits(mask, column, one) + (0 if one is None else COLUMN_BITS))
        chances = _chances(mask, column, given)
        out.varint(column)
        out.varint(0 if given is None else given + 1)
        for chance in chances:
            out.varint(chance)
        coded += [(mask[part, column], share) for part, share in _parts(mask, given, chances)]
    from constriction import stream

    stack = stream.stack.AnsCoder()
    for bits, chance in reversed(coded):
        stack.encode_reverse(bits.astype(np.int32), stream.model.Bernoulli(chance / ONE, perfect=False))
    out.blob(stack.get_compressed().astype("<u4").tobytes())


def read_mask(source: ByteReader, rows: int, cells: int) -> Array:
    """The inverse of ``write_mask``."""
    mask, tables = np.zeros((rows, cells), dtype=bool), list[tuple[int, int | None, list[int]]]()
    count, last = source.varint(), -1
    if not count:
        return mask
    for _ in range(count):
        column, given = source.varint(), source.varint() - 1
        chances = [source.varint() for _ in range(1 if given < 0 else 2)]
        if not last < column < cells or given >= column or max(chances) > ONE:
            raise FileRefused("The compressed file describes a mask that no version writes: fetch it again.")
        tables.append((column, None if given < 0 else given, chances))
        last = column
    from constriction import stream

    words = source.blob()
    stack = stream.stack.AnsCoder(np.frombuffer(words[: len(words) // 4 * 4], "<u4").astype(np.uint32))
    for column, on, chances in tables:
        for part, chance in _all_parts(mask, on, chances):
            mask[part, column] = chance == ONE
        for part, chance in _parts(mask, on, chances):
            family = stream.model.Bernoulli(chance / ONE, perfect=False)
            mask[part, column] = stack.decode(family, len(part)).astype(bool)
    return mask


def _all_parts(mask: Array, given: int | None, chances: list[int]) -> Iterator[tuple[Array, int]]:
    """The rows of each context, and P(True) there."""
    if given is None:
        yield np.arange(len(mask)), chances[0]
    else:
        for value, chance in enumerate(chances):
            yield np.flatnonzero(mask[:, given] == bool(value)), chance


def _parts(mask: Array, given: int | None, chances: list[int]) -> Iterator[tuple[Array, int]]:
    """The contexts with rows in which both values are possible."""
    return ((rows, chance) for rows, chance in _all_parts(mask, given, chances) if 0 < chance < ONE and len(rows))


def _chances(mask: Array, column: int, given: int | None) -> list[int]:
    """P(True) of a column in 1/65536 in each context; 0 or 65536 only where it is certain."""
    out = []
    for rows, _ in _all_parts(mask, given, [0, 0] if given is not None else [0]):
        share = float(mask[rows, column].mean()) if len(rows) else 0.0
        out.append(round(share * ONE) if share in (0.0, 1.0) else min(max(round(share * ONE), 1), ONE - 1))
    return out


def _bits(mask: Array, column: int, given: int | None) -> float:
    """Code length of a column in a context."""
    bits = 0.0
    for rows, chance in _parts(mask, given, _chances(mask, column, given)):
        true = int(mask[rows, column].sum())
        bits -= true * np.log2(chance / ONE) + (len(rows) - true) * np.log2(1 - chance / ONE)
    return bits
