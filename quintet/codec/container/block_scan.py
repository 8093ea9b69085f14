"""Finds blocks by the mark with which they begin, where no index gives their positions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO

from quintet.codec.container.block_index import BlockEntry
from quintet.codec.container.block_limits import is_within_limits
from quintet.codec.container.blocks import LONGEST_HEAD, Block, BlockHead
from quintet.codec.container.layout import CODED, HEADER, LAST, LOSSY_KINDS, MARK, STORED

WINDOW = 1 << 20  # bytes that are searched at a time
FALSE_MARK, BUDGET, BUDGET_PER_BYTE = 4096, 1 << 26, 16
"""A mark without a block behind it costs ``FALSE_MARK`` and each byte that was checked in vain; a scan ends where the
sum exceeds ``BUDGET`` plus ``BUDGET_PER_BYTE`` for each byte of the file. Accidental damage stays far below that, and a
file made of marks cannot keep a reader busy."""
KINDS = (
    b"["
    + b"".join(re.escape(bytes([kind | last])) for kind in (STORED, CODED, *LOSSY_KINDS) for last in (0, LAST))
    + b"]"
)
"""The bytes that may follow a mark, as a regular expression."""


def scan(
    file: IO[bytes], mark: bytes, model: bytes, version: int, cells: int, start: int, stop: int
) -> Iterator[tuple[BlockEntry, bool]]:
    """All undamaged blocks of one file, and for each whether it is the last.

    Parameters
    ----------
    mark, model, version : as in the file's header.
    cells : cells of one row.
    start, stop : the bytes of ``file`` that the compressed file occupies.
    """
    budget, search = BUDGET + BUDGET_PER_BYTE * (stop - start), _MarkSearch(file, mark, stop)
    at = search.next(start + HEADER)
    while at >= 0 and budget > 0:
        head, block = BlockHead.from_bytes(read_bytes(file, at, LONGEST_HEAD)), None
        if head is not None and at + head.length <= stop and is_within_limits(version, head.rows, cells, head.payload):
            block = Block.from_bytes(read_bytes(file, at, head.length), model, version)
            budget -= head.length if block is None else 0
        if head is None or block is None:
            budget -= FALSE_MARK
            at = search.next(at + 1)
            continue
        yield BlockEntry(block.first, block.rows, at, head.length, version=version, model=model), block.last
        at = search.next(at + head.length)


class _MarkSearch:
    """Positions of a mark with a kind of code behind it; the file is read in windows, each of them once."""

    def __init__(self, file: IO[bytes], mark: bytes, stop: int) -> None:
        self._file, self._stop = file, stop
        self._begin, self._window = 0, b""
        self._pattern = re.compile(b"(?s)(?=" + re.escape(mark) + KINDS + b")")

    def next(self, at: int) -> int:
        """The first position from ``at`` on, or -1."""
        while at < self._stop:
            if not self._begin <= at < self._begin + len(self._window):
                self._begin, self._window = at, read_bytes(self._file, at, min(WINDOW, self._stop - at))
            match = self._pattern.search(self._window, at - self._begin)
            if match is not None:
                return self._begin + match.start()
            end = self._begin + len(self._window)
            if end >= self._stop or not self._window:
                return -1
            at, self._window = end - MARK, b""
        return -1


def size_of(file: IO[bytes]) -> int:
    """Length of a file in bytes."""
    return file.seek(0, 2)


def read_bytes(file: IO[bytes], start: int, length: int) -> bytes:
    """Some bytes of a file, fewer at its end."""
    file.seek(start)
    return file.read(length)
