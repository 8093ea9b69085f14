"""Blocks found by the mark that they begin with, where nothing tells their places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO

from quintet.codec.container.block_limits import within
from quintet.codec.container.blocks import LONGEST_HEAD, Block, BlockEntry, Head
from quintet.codec.container.layout import CODED, HEADER, LAST, LOSSY, MARK, STORED

WINDOW = 1 << 20  # bytes that are searched at a time
EACH, SPARE, TIMES = 4096, 1 << 26, 16
"""What a mark that begins no block costs beside the bytes that had to be checked, and how much all of them may cost: so
much, and so many times the file's length. Damage does not make so many; a file that was made of marks does."""
KINDS = b"[" + b"".join(re.escape(bytes([kind | last])) for kind in (STORED, CODED, LOSSY) for last in (0, LAST)) + b"]"
"""The bytes that may follow a mark, as a regular expression."""


def scan(
    file: IO[bytes], mark: bytes, model: bytes, version: int, cells: int, start: int, stop: int
) -> Iterator[tuple[BlockEntry, bool]]:
    """All whole blocks of one file, which stands from ``start`` to ``stop``, and whether each is the last.

    Parameters
    ----------
    mark, model, version : the file's.
    cells : of a row.
    """
    left, search = SPARE + TIMES * (stop - start), _Search(file, mark, stop)
    at = search.next(start + HEADER)
    while at >= 0 and left > 0:
        head, block = Head.of(read_bytes(file, at, LONGEST_HEAD)), None
        if head is not None and at + head.length <= stop and within(version, head.rows, cells, head.payload):
            block = Block.from_bytes(read_bytes(file, at, head.length), model, version)
            left -= head.length if block is None else 0
        if head is None or block is None:
            left -= EACH
            at = search.next(at + 1)
            continue
        yield BlockEntry(block.first, block.rows, at, head.length, version=version, model=model), block.last
        at = search.next(at + head.length)


class _Search:
    """The places of a mark with a kind of code behind it, in windows that are each read once."""

    def __init__(self, file: IO[bytes], mark: bytes, stop: int) -> None:
        self._file, self._stop = file, stop
        self._begin, self._window = 0, b""
        self._sought = re.compile(b"(?s)(?=" + re.escape(mark) + KINDS + b")")

    def next(self, at: int) -> int:
        """The first place from ``at`` on, or -1."""
        while at < self._stop:
            if not self._begin <= at < self._begin + len(self._window):
                self._begin, self._window = at, read_bytes(self._file, at, min(WINDOW, self._stop - at))
            found = self._sought.search(self._window, at - self._begin)
            if found is not None:
                return self._begin + found.start()
            end = self._begin + len(self._window)
            if end >= self._stop or not self._window:
                return -1
            at, self._window = end - MARK, b""
        return -1


def size_of(file: IO[bytes]) -> int:
    """Bytes of a file."""
    return file.seek(0, 2)


def read_bytes(file: IO[bytes], start: int, length: int) -> bytes:
    """Some bytes of a file, fewer at its end."""
    file.seek(start)
    return file.read(length)
