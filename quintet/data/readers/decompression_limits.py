"""Bounds on what a compressed file may hold, known or checked before memory is taken for it.

Deflate makes at most 1,032 bytes of one, and a file that comes near that was made to fill a memory: sparse tables stay
below half of it. So a file may unzip to some bytes that no memory minds, and to ``RATIO`` times its own.
"""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import IO

from quintet.errors import FileRefused

RATIO = 500
"""Bytes that may come of one."""
ROOM = 1 << 21
"""Bytes that any stream may have, whose length nothing states."""
ARRAY_ROOM = 1 << 28
"""Bytes that any array or picture may have, whose header states its shape."""


class Unzipped(io.BufferedReader):
    """A gzip file's content; where it grows beyond ``room`` and ``RATIO`` times what it took, reading it is refused."""

    def __init__(self, file: IO[bytes], path: Path, room: int) -> None:
        super().__init__(_Raw(file, path, room), 1 << 16)
        if room == ROOM:  # what is read line by line takes longer to read than to unzip
            while self.tell() < 8 * ROOM and self.read(1 << 18):
                pass
            self.seek(0)


class _Raw(io.RawIOBase):
    def __init__(self, file: IO[bytes], path: Path, room: int) -> None:
        self._file, self._path, self._room = file, path, room
        self._gzip = gzip.GzipFile(fileobj=file)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._gzip.seek(offset, whence)

    def tell(self) -> int:
        return self._gzip.tell()

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        content = self._gzip.read1(len(buffer))
        given = self._gzip.tell()
        if given > self._room + RATIO * self._file.tell():
            raise too_large(self._path, given)
        buffer[: len(content)] = content
        return len(content)

    def close(self) -> None:
        self._gzip.close()
        super().close()


def too_large(path: str | Path, size: int) -> FileRefused:
    """The refusal of a file that holds ``size`` bytes or more."""
    return FileRefused(
        f"{path} unzips to {size:,} bytes or more, over {RATIO} times its own size; only a file that is made to fill "
        "the memory does: if it is right, unzip it first, or save its rows as .npy."
    )


def check_stated(path: str | Path, size: int, stated: int) -> None:
    """Refuse a compressed file of ``size`` bytes whose header states an array of ``stated`` bytes beyond the bounds."""
    if stated > ARRAY_ROOM + RATIO * size:
        raise too_large(path, stated)
