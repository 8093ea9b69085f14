"""Opening of files for reading: checks of the path, and decompression of gzip."""

from __future__ import annotations

import contextlib
import gzip
import stat
import zlib
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import IO, cast

from quintet.data.readers.decompression_limits import ROOM, Unzipped
from quintet.errors import FileRefused

GZIP_MAGIC = b"\x1f\x8b"


def existing_file(path: str | Path) -> Path:
    """Check that the path is a file that is not empty; raise FileRefused otherwise."""
    path = Path(path)
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileRefused(f"There is no file {path}{similar(path)}.") from error
    except OSError as error:
        raise FileRefused(f"Cannot read {path}: {error.strerror or error}.") from error
    if stat.S_ISDIR(status.st_mode):
        raise FileRefused(f"The path must be a file, got the folder {path}: name a file in it.")
    if status.st_size == 0:
        raise FileRefused(f"The file {path} is empty: write it again.")
    return path


def similar(path: Path) -> str:
    """What to do about a path that leads nowhere, with names like it that are there."""
    with contextlib.suppress(OSError):
        close = get_close_matches(path.name, [entry.name for entry in path.parent.iterdir()], n=2, cutoff=0.7)
        if close:
            return f"; did you mean {' or '.join(close)}"
    return "; check the path"


@contextlib.contextmanager
def reading(path: str | Path, room: int = ROOM) -> Iterator[IO[bytes]]:
    """Open a file for reading bytes, decompressed if it starts with the magic number of gzip.

    ``room``: allowance in bytes for the decompressed content, see ``decompression_limits``.
    """
    path = existing_file(path)
    try:
        with open(path, "rb") as raw:
            zipped = raw.read(2) == GZIP_MAGIC
            raw.seek(0)
            with contextlib.ExitStack() as stack:
                file = stack.enter_context(Unzipped(raw, path, room)) if zipped else raw
                yield cast(IO[bytes], file)
    except EOFError as error:
        raise FileRefused(f"{path} ends too early, the gzip file is cut off: fetch or write it again.") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise FileRefused(f"{path} is a damaged gzip file ({error}): fetch or write it again.") from error
    except OSError as error:
        raise FileRefused(f"Cannot read {path}: {error.strerror or error}.") from error
