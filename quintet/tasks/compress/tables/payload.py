"""What a block keeps of a frame beside the model's cells: structure, corrections, columns without a cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from quintet.codec.container.streams import EXPANSION, StreamReader, StreamWriter
from quintet.codec.container.varints import ByteReader, ByteWriter
from quintet.data.columns.any_column import AnyColumn
from quintet.data.columns.restore import is_restorable
from quintet.data.plain.base import PlainColumn, PlainFrame
from quintet.errors import FileRefused
from quintet.tasks.compress.tables.corrections import Corrections, read_values, write_values
from quintet.tasks.compress.tables.structure import read_structure, write_structure

Array = np.ndarray[Any, Any]
VERBATIM, PREDICTED = 0, 1


@dataclass(frozen=True)
class StreamSize:
    """Bytes that a block keeps for a column beside its cells.

    Parameters
    ----------
    name : of the column; "" for index, levels and labels.
    predicted : whether the cells give the column but for exceptions.
    values : number of values that are kept.
    size : bytes.
    """

    name: str
    predicted: bool
    values: int
    size: int


@dataclass(frozen=True)
class _Own:
    """A column of the model and its place among the cells."""

    column: AnyColumn
    cell: int


def to_table_payload(columns: Sequence[AnyColumn], plain: PlainFrame, cells: Array) -> bytes:
    """The bytes of everything that cells (n, modelled columns) do not give."""
    places, flags, streams = _places(columns, plain), ByteWriter(), StreamWriter()
    for column in plain.columns:
        own = places.get(column.name)
        flags.varint(VERBATIM if own is None else PREDICTED)
        if own is None:
            write_values(flags, streams, column)
        else:
            labels = _labels(plain, column)
            Corrections.between(own.column, cells[:, own.cell], column, labels).write(flags, streams)
    for column in plain.others:
        write_values(flags, streams, column)
    out = ByteWriter()
    write_structure(out, plain, bytes(flags.data), columns)
    out.data += streams.out.data
    return bytes(out.data).ljust(-(-streams.unpacked // EXPANSION), b"\0")


def from_table_payload(
    columns: Sequence[AnyColumn], payload: bytes, cells: Array
) -> tuple[PlainFrame, list[StreamSize]]:
    """The frame of ``to_table_payload``, and the bytes of its columns, of the others, and of the structure."""
    source = ByteReader(payload)
    empty, lengths, flag_bytes = read_structure(source, columns, len(cells))
    flags, streams = ByteReader(flag_bytes), StreamReader(payload, source.at)
    places, sizes, parts = _places(columns, empty), list[StreamSize](), list[Corrections | PlainColumn]()
    for column in empty.columns:
        start = streams.source.at
        part = _read_part(flags, streams, column, column.name in places, len(cells))
        predicted = isinstance(part, Corrections)
        kept = len(part.values) if isinstance(part, Corrections) else len(part)
        sizes.append(StreamSize(column.name, predicted, kept, streams.source.at - start))
        parts.append(part)
    start = streams.source.at
    others = tuple(
        read_values(flags, streams, column, count) for column, count in zip(empty.others, lengths, strict=True)
    )
    sizes.append(StreamSize("", False, sum(lengths), streams.source.at - start))
    frame, found = replace(empty, others=others), []
    for column, part in zip(empty.columns, parts, strict=True):
        if isinstance(part, Corrections):
            own = places[column.name]
            part = part.applied(own.column, cells[:, own.cell], column, _labels(frame, column))
        found.append(part)
    return replace(frame, columns=tuple(found)), [*sizes, StreamSize("", False, 0, source.at)]


def _read_part(
    flags: ByteReader, streams: StreamReader, column: PlainColumn, known: bool, rows: int
) -> Corrections | PlainColumn:
    if flags.varint() == VERBATIM:
        return read_values(flags, streams, column, rows)
    if not known:
        raise FileRefused("The compressed file predicts a column that the model does not have: fetch it again.")
    return Corrections.read(flags, streams, column, rows)


def _places(columns: Sequence[AnyColumn], plain: PlainFrame) -> dict[str, _Own]:
    """The columns with a cell by the frame's names; rows without names are matched by their order."""
    names = [column.name for column in columns]
    if plain.library == "array" and len(plain.columns) == len(columns):
        names = [column.name for column in plain.columns]
    modelled = [(name, column) for name, column in zip(names, columns, strict=True) if column.modelled]
    return {name: _Own(column, at) for at, (name, column) in enumerate(modelled) if is_restorable(column)}


def _labels(plain: PlainFrame, column: PlainColumn) -> list[str]:
    return [] if column.levels is None else plain.others[column.levels].texts()
