"""Opens the bytes of a compressed file, wherever they are, as a file that can seek."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from quintet.data.readers.decompression_limits import Unzipped
from quintet.data.readers.opening import reading
from quintet.errors import FileRefused

UNZIPPED, UNZIPPED_RATIO = 1 << 24, 20
"""A gzipped file may unzip to ``UNZIPPED`` bytes plus ``UNZIPPED_RATIO`` times its own: a code hardly shrinks again."""


@contextmanager
def seekable(file: Any) -> Iterator[IO[bytes]]:
    """A file that can seek, from a path, from bytes or from an open file."""
    if isinstance(file, str | Path):
        with reading(file) as opened:
            yield _unzipped(opened, Path(file)) if isinstance(opened, Unzipped) else opened
    else:
        yield io.BytesIO(file) if isinstance(file, bytes | bytearray | memoryview) else file


def _unzipped(opened: Unzipped, path: Path) -> IO[bytes]:
    """The content of a gzipped file, read once: each seek would unzip it anew."""
    most = UNZIPPED + UNZIPPED_RATIO * path.stat().st_size
    content = opened.read(most + 1)
    if len(content) > most:
        raise FileRefused(
            f"{path} unzips to more than {most} bytes, more than any gzipped compressed file: unzip it by gunzip."
        )
    return io.BytesIO(content)
