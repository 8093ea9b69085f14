"""The blocks of a compressed file and the index that ends it, as bytes; their layout stands in ``container.py``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quintet.errors import FileRefused
from quintet.tasks.compress.container import CHECK, DIGEST, HEADER, LAST, MARK, Form, check
from quintet.tasks.compress.wire import Reader, Writer

LONGEST_HEAD = MARK + 1 + 3 * 10 + DIGEST
LENGTH = 4  # bytes of the index's own length


@dataclass(frozen=True)
class Entry:
    """Where a block stands and which rows it holds."""

    first: int
    rows: int
    start: int  # bytes from the file's start
    length: int  # bytes of the whole block

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

    def to_bytes(self, mark: bytes, model: bytes) -> bytes:
        """With its mark, head and check."""
        out = Writer()
        out.data += mark + bytes([self.kind | LAST * self.last])
        for number in (self.first, self.rows, len(self.payload)):
            out.varint(number)
        out.data += self.content + self.payload
        return bytes(out.data) + check(model, out.data)

    @classmethod
    def from_bytes(cls, block: bytes, model: bytes) -> Block | None:
        """Of ``to_bytes``; None where the block is damaged."""
        if block[-CHECK:] != check(model, block[:-CHECK]):
            return None
        head = Head.of(block)
        if head is None or head.length != len(block):
            return None
        payload = block[head.size : -CHECK]
        return cls(head.kind & ~LAST, head.first, head.rows, head.content, payload, bool(head.kind & LAST))


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
        source = Reader(start[:LONGEST_HEAD])
        try:
            source.take(MARK)
            kind = source.take(1)[0]
            first, rows, payload = (source.varint() for _ in range(3))
            content = source.take(DIGEST)
        except FileRefused:
            return None
        return cls(kind, first, rows, content, source.at, source.at + payload + CHECK)


def index_bytes(form: Form, entries: Sequence[Entry], model: bytes) -> bytes:
    """The index, which ends a file."""
    out = Writer()
    out.data += form.to_byte()
    out.varint(len(entries))
    for entry in entries:
        out.varint(entry.rows)
        out.varint(entry.length)
    content = bytes(out.data) + check(model, out.data)
    return content + (len(content) + LENGTH).to_bytes(LENGTH, "little")


def read_index(content: bytes, model: bytes) -> tuple[Form, list[Entry]] | None:
    """The form and the entries of ``index_bytes``; None where it is damaged."""
    body, found = content[: -CHECK - LENGTH], content[-CHECK - LENGTH : -LENGTH]
    if found != check(model, body):
        return None
    source, entries = Reader(body), list[Entry]()
    form = Form.from_byte(source.take(1)[0])
    first, start = 0, HEADER
    for _ in range(source.varint()):
        entry = Entry(first, source.varint(), start, source.varint())
        entries.append(entry)
        first, start = entry.stop, start + entry.length
    return form, entries
