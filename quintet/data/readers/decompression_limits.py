"""Limits on the size of decompressed files, checked before memory is allocated.

Deflate expands one byte to at most 1,032, and only decompression bombs come near that ratio: sparse tables stay below
half of it. A file may decompress to a fixed small allowance plus ``RATIO`` times its own size.
"""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import IO

from quintet.errors import FileRefused

RATIO = 500
"""Largest ratio of decompressed to compressed bytes."""
ROOM = 1 << 21
"""Allowance in bytes for a stream of unknown length."""
ARRAY_ROOM = 1 << 28
"""Allowance in bytes for an array or picture whose header states its shape."""


class Unzipped(io.BufferedReader):
    """The content of a gzip file; reading more than ``room`` plus ``RATIO`` times the bytes read raises FileRefused."""

    def __init__(self, file: IO[bytes], path: Path, room: int) -> None:
        super().__init__(_Raw(file, path, room), 1 << 16)
        if room == ROOM:  # check the start early: parsing text is slower than decompressing it
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
    """The error for a file that decompresses to ``size`` bytes or more."""
    return FileRefused(
        f"{path} must decompress to at most {RATIO} times its size, got {size:,} bytes or more, which suggests a "
        "decompression bomb: if the file is right, decompress it first, or save its rows as .npy."
    )


def check_stated(path: str | Path, size: int, stated: int) -> None:
    """Raise FileRefused if a file of ``size`` compressed bytes states an array of ``stated`` bytes over the limits."""
    if stated > ARRAY_ROOM + RATIO * size:
        raise too_large(path, stated)
