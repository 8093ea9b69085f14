"""Blocks found by the mark that they begin with, where nothing tells their places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from quintet.tasks.compress.container import HEADER, MARK
from quintet.tasks.compress.frames import LONGEST_HEAD, Block, Entry, Head

WINDOW = 1 << 20  # bytes that are searched at a time


def scan(file: IO[bytes], mark: bytes, model: bytes) -> Iterator[tuple[Entry, bool]]:
    """All whole blocks, and whether each is a file's last."""
    at, size = HEADER, size_of(file)
    while (at := _find(file, mark, at)) >= 0:
        head = Head.of(read(file, at, LONGEST_HEAD))
        block = None
        if head is not None and at + head.length <= size:
            block = Block.from_bytes(read(file, at, head.length), model)
        if head is None or block is None:
            at += 1
            continue
        yield Entry(block.first, block.rows, at, head.length), block.last
        at += head.length


def _find(file: IO[bytes], mark: bytes, start: int) -> int:
    """Where the mark stands next, from ``start`` on, or -1."""
    while True:
        window = read(file, start, WINDOW)
        if (found := window.find(mark)) >= 0:
            return start + found
        if len(window) < WINDOW:
            return -1
        start += WINDOW - MARK + 1


def size_of(file: IO[bytes]) -> int:
    """Bytes of a file."""
    return file.seek(0, 2)


def read(file: IO[bytes], start: int, length: int) -> bytes:
    """Some bytes of a file, fewer at its end."""
    file.seek(start)
    return file.read(length)
