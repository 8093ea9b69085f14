"""The blocks of a compressed file and the index that ends it, as bytes; their layout stands in ``container.py``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quintet.codec.container.layout import (
    CHECK,
    CODED,
    DIGEST,
    HEADER,
    LAST,
    LOSSY,
    MARK,
    STORED,
    VERSION,
    RowFormat,
    part_checksum,
)
from quintet.codec.container.varints import ByteReader, ByteWriter
from quintet.errors import FileRefused

LONGEST_HEAD = MARK + 1 + 3 * 10 + DIGEST
LENGTH = 4  # bytes of the index's own length
SHORTEST = MARK + 1 + 3 + DIGEST + CHECK  # bytes of a block
MOST = 1 << 56  # rows of a file


@dataclass(frozen=True)
class BlockEntry:
    """Where a block stands and which rows it holds."""

    first: int
    rows: int
    start: int  # bytes from the file's start
    length: int  # bytes of the whole block
    before: int = 0  # rows of the files that stand before this block's own
    version: int = VERSION  # of the block's own file
    model: bytes = b""  # what names the model there

    @property
    def stop(self) -> int:
        """The row after its last."""
        return self.first + self.rows


@dataclass(frozen=True)
class Block:
    """Some rows, coded."""

    kind: int
    first: int
    rows: int
    content: bytes
    payload: bytes
    last: bool = False  # no block follows
    version: int = VERSION  # of its file

    def to_bytes(self, mark: bytes, model: bytes) -> bytes:
        """With its mark, head and check."""
        out = ByteWriter()
        out.data += mark + bytes([self.kind | LAST * self.last])
        for number in (self.first, self.rows, len(self.payload)):
            out.varint(number)
        out.data += self.content + self.payload
        return bytes(out.data) + part_checksum(model, out.data)

    @classmethod
    def from_bytes(cls, block: bytes, model: bytes, version: int = VERSION) -> Block | None:
        """Of ``to_bytes``; None where the block is damaged."""
        if block[-CHECK:] != part_checksum(model, block[:-CHECK]):
            return None
        head = Head.of(block)
        if head is None or head.length != len(block):
            return None
        payload = block[head.size : -CHECK]
        return cls(head.kind & ~LAST, head.first, head.rows, head.content, payload, bool(head.kind & LAST), version)


@dataclass(frozen=True)
class Head:
    """What a block says of itself before it is known to be whole."""

    kind: int
    first: int
    rows: int
    content: bytes
    size: int  # bytes of the head
    length: int  # bytes of the whole block

    @classmethod
    def of(cls, start: bytes) -> Head | None:
        """From the first ``LONGEST_HEAD`` bytes of a block; None where they are none."""
        source = ByteReader(start[:LONGEST_HEAD])
        try:
            source.take(MARK)
            kind = source.take(1)[0]
            first, rows, payload = (source.varint() for _ in range(3))
            content = source.take(DIGEST)
        except FileRefused:
            return None
        if kind & ~LAST not in (STORED, CODED, LOSSY) or not rows or first + rows > MOST:
            return None
        return cls(kind, first, rows, content, source.at, source.at + payload + CHECK)

    @property
    def payload(self) -> int:
        """Bytes of the payload."""
        return self.length - self.size - CHECK


def index_bytes(form: RowFormat, entries: Sequence[BlockEntry], model: bytes) -> bytes:
    """The index, which ends a file."""
    out = ByteWriter()
    out.data += form.to_byte()
    out.varint(len(entries))
    for entry in entries:
        out.varint(entry.rows)
        out.varint(entry.length)
    content = bytes(out.data) + part_checksum(model, out.data)
    return content + _length(len(content) + LENGTH)


def read_index(content: bytes, model: bytes) -> tuple[RowFormat, list[BlockEntry]] | None:
    """The form and the entries of ``index_bytes``; None where it is damaged."""
    body, found = content[: -CHECK - LENGTH], content[-CHECK - LENGTH : -LENGTH]
    if found != part_checksum(model, body):
        return None
    try:
        return _index(ByteReader(body))
    except FileRefused:
        return None


def index_from(content: bytes, model: bytes) -> tuple[RowFormat, list[BlockEntry], int] | None:
    """The index at the start of ``content``, and its length; None where there is none, or a damaged one."""
    source = ByteReader(content)
    try:
        form, entries = _index(source)
        body = content[: source.at]
        whole = source.take(CHECK) == part_checksum(model, body) and source.take(LENGTH) == _length(source.at)
    except FileRefused:
        return None
    return (form, entries, source.at) if whole else None


def _index(source: ByteReader) -> tuple[RowFormat, list[BlockEntry]]:
    entries, first, start = list[BlockEntry](), 0, HEADER
    form = RowFormat.from_byte(source.take(1)[0])
    for _ in range(source.varint()):
        entry = BlockEntry(first, source.varint(), start, source.varint())
        if not entry.rows or entry.stop > MOST or entry.length < SHORTEST:
            raise FileRefused("The index of the compressed file lists blocks that no version writes: fetch it again.")
        entries.append(entry)
        first, start = entry.stop, start + entry.length
    return form, entries


def _length(count: int) -> bytes:
    return count.to_bytes(LENGTH, "little")
