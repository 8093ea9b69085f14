"""The index that ends a compressed file: the rows and the length of each block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quintet.codec.container.blocks import MAX_ROWS, SHORTEST
from quintet.codec.container.checksums import CHECK, part_checksum
from quintet.codec.container.layout import HEADER, VERSION, RowFormat
from quintet.codec.container.varints import ByteReader, ByteWriter
from quintet.errors import FileRefused

LENGTH = 4
"""Bytes of the index's own length, with which it ends."""


@dataclass(frozen=True)
class BlockEntry:
    """Rows and position of a block.

    Parameters
    ----------
    first, rows : number of its first row, and how many rows it holds.
    start, length : the block's bytes, counted from the start of the file.
    before : rows of the compressed files that stand before the block's own.
    version : version of the block's own file.
    model : the model's name in that file.
    """

    first: int
    rows: int
    start: int
    length: int
    before: int = 0
    version: int = VERSION
    model: bytes = b""

    @property
    def stop(self) -> int:
        """The number of the row after its last."""
        return self.first + self.rows


def index_bytes(form: RowFormat, entries: Sequence[BlockEntry], model: bytes) -> bytes:
    """The index as bytes."""
    out = ByteWriter()
    out.data += form.to_byte()
    out.varint(len(entries))
    for entry in entries:
        out.varint(entry.rows)
        out.varint(entry.length)
    content = bytes(out.data) + part_checksum(model, out.data)
    return content + _length_bytes(len(content) + LENGTH)


def read_index(content: bytes, model: bytes) -> tuple[RowFormat, list[BlockEntry]] | None:
    """Row format and entries of ``index_bytes``; None where the index is damaged."""
    body, checksum = content[: -CHECK - LENGTH], content[-CHECK - LENGTH : -LENGTH]
    if checksum != part_checksum(model, body):
        return None
    try:
        return _parse(ByteReader(body))
    except FileRefused:
        return None


def read_index_at_start(content: bytes, model: bytes) -> tuple[RowFormat, list[BlockEntry], int] | None:
    """The index at the start of ``content``, and its length in bytes; None where none is there, or a damaged one."""
    source = ByteReader(content)
    try:
        form, entries = _parse(source)
        body = content[: source.at]
        whole = source.take(CHECK) == part_checksum(model, body) and source.take(LENGTH) == _length_bytes(source.at)
    except FileRefused:
        return None
    return (form, entries, source.at) if whole else None


def _parse(source: ByteReader) -> tuple[RowFormat, list[BlockEntry]]:
    entries, first, start = list[BlockEntry](), 0, HEADER
    form = RowFormat.from_byte(source.take(1)[0])
    count = source.varint()
    for _ in range(count):
        entry = BlockEntry(first, source.varint(), start, source.varint())
        if not (entry.rows or count == 1) or entry.stop > MAX_ROWS or entry.length < SHORTEST:
            raise FileRefused("The index of the compressed file lists blocks that no version writes: fetch it again.")
        entries.append(entry)
        first, start = entry.stop, start + entry.length
    return form, entries


def _length_bytes(count: int) -> bytes:
    return count.to_bytes(LENGTH, "little")
