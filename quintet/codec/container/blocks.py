"""One block of a compressed file as bytes; ``layout.py`` describes them."""

from __future__ import annotations

from dataclasses import dataclass

from quintet.codec.container.checksums import CHECK, DIGEST, part_checksum
from quintet.codec.container.layout import CODED, LAST, LOSSY_KINDS, MARK, STORED, VERSION
from quintet.codec.container.varints import LONGEST_VARINT, ByteReader, ByteWriter
from quintet.errors import FileRefused

LONGEST_HEAD = MARK + 1 + 3 * LONGEST_VARINT + DIGEST
SHORTEST = MARK + 1 + 3 + DIGEST + CHECK
"""Bytes of the longest head of a block and of the shortest block."""
MAX_ROWS = 1 << 56
"""Most rows of a file."""


@dataclass(frozen=True)
class Block:
    """Coded rows.

    Parameters
    ----------
    kind : STORED, CODED, LOSSY or BLOCKS.
    first : number of its first row in the file.
    rows : how many rows it holds; none in the only block of an empty table.
    content : digest of the rows, or of the payload of a lossy block.
    payload : the code.
    last : whether no block follows.
    version : version of its file.
    """

    kind: int
    first: int
    rows: int
    content: bytes
    payload: bytes
    last: bool = False
    version: int = VERSION

    def to_bytes(self, mark: bytes, model: bytes) -> bytes:
        """The whole block: mark, head, payload and checksum."""
        out = ByteWriter()
        out.data += mark + bytes([self.kind | LAST * self.last])
        for number in (self.first, self.rows, len(self.payload)):
            out.varint(number)
        out.data += self.content + self.payload
        return bytes(out.data) + part_checksum(model, out.data)

    @classmethod
    def from_bytes(cls, block: bytes, model: bytes, version: int = VERSION) -> Block | None:
        """The inverse of ``to_bytes``; None where the block is damaged."""
        if block[-CHECK:] != part_checksum(model, block[:-CHECK]):
            return None
        head = BlockHead.from_bytes(block)
        if head is None or head.length != len(block):
            return None
        payload = block[head.size : -CHECK]
        return cls(head.kind & ~LAST, head.first, head.rows, head.content, payload, bool(head.kind & LAST), version)


@dataclass(frozen=True)
class BlockHead:
    """The fields before the payload, which are read before the checksum is.

    Parameters
    ----------
    kind, first, rows, content : as in ``Block``; ``kind`` includes the bit of the last block.
    size : bytes of the head.
    length : bytes of the whole block.
    """

    kind: int
    first: int
    rows: int
    content: bytes
    size: int
    length: int

    @classmethod
    def from_bytes(cls, start: bytes) -> BlockHead | None:
        """The head in the first ``LONGEST_HEAD`` bytes of a block; None where they hold none."""
        source = ByteReader(start[:LONGEST_HEAD])
        try:
            source.take(MARK)
            kind = source.take(1)[0]
            first, rows, payload = (source.varint() for _ in range(3))
            content = source.take(DIGEST)
        except FileRefused:
            return None
        if kind & ~LAST not in (STORED, CODED, *LOSSY_KINDS) or first + rows > MAX_ROWS or not (rows or kind & LAST):
            return None
        return cls(kind, first, rows, content, source.at, source.at + payload + CHECK)

    @property
    def payload(self) -> int:
        """Bytes of the payload."""
        return self.length - self.size - CHECK
