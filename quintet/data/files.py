"""Files in and out: a path's trouble in one sentence; outputs are written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import glob
import gzip
import os
import secrets
import stat
import zlib
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import IO, cast

from quintet.errors import FileRefused

GZIP_MAGIC = b"\x1f\x8b"


def existing_file(path: str | Path) -> Path:
    """The path, if a file with something in it lies there; otherwise one sentence says what is there."""
    path = Path(path)
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileRefused(f"There is no file {path}{_similar(path)}.") from error
    except OSError as error:
        raise FileRefused(f"{path} cannot be read: {error.strerror or error}.") from error
    if stat.S_ISDIR(status.st_mode):
        raise FileRefused(f"{path} is a folder; a file is needed: name a file in it.")
    if status.st_size == 0:
        raise FileRefused(f"{path} is empty; write it again.")
    return path


def _similar(path: Path) -> str:
    with contextlib.suppress(OSError):
        close = get_close_matches(path.name, [entry.name for entry in path.parent.iterdir()], n=2, cutoff=0.7)
        if close:
            return f"; did you mean {' or '.join(close)}"
    return "; check the path"


@contextlib.contextmanager
def reading(path: str | Path) -> Iterator[IO[bytes]]:
    """Open a file for reading bytes, unzipped where its first bytes say gzip."""
    path = existing_file(path)
    try:
        with open(path, "rb") as raw:
            zipped = raw.read(2) == GZIP_MAGIC
            raw.seek(0)
            with contextlib.ExitStack() as stack:
                file = stack.enter_context(gzip.GzipFile(fileobj=raw)) if zipped else raw
                yield cast(IO[bytes], file)
    except EOFError as error:
        raise FileRefused(f"{path} ends too early: the gzip file is cut off; fetch or write it again.") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise FileRefused(f"{path} is a damaged gzip file ({error}); fetch or write it again.") from error
    except OSError as error:
        raise FileRefused(f"{path} cannot be read: {error.strerror or error}.") from error


@contextlib.contextmanager
def atomic(path: str | Path, *, force: bool = False, begun: bool = False) -> Iterator[IO[bytes]]:
    """Write bytes to a temporary file beside ``path`` that takes its name only once all is on the disk.

    Parameters
    ----------
    path : the file to make; its folder must exist. A link is followed; what is no regular file is refused.
    force : whether a file that is already there may be replaced. Without it nothing is, not even what another process
        made meanwhile: the content is then kept beside it, and the refusal names it.
    begun : the work began when nothing was there, so its content is kept beside even what is there already.
    """
    path = Path(path)
    refuse_existing(path, force=force or begun)
    path = Path(os.path.realpath(path)) if path.is_symlink() else path
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if force:
            refuse_existing(path, force=True)
            os.replace(temporary, path)
        else:
            _link(temporary, path)
    except OSError as error:
        raise FileRefused(f"{path} cannot be written: {_write_trouble(path, error)}.") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def remove_leftovers(path: str | Path) -> None:
    """Remove the temporary files of ``path`` that processes left which are gone, killed while they wrote."""
    path = Path(path)
    for left in path.parent.glob(f".{glob.escape(path.name)}.*-*.tmp"):
        writer = left.name.removeprefix(f".{path.name}.").partition("-")[0]
        if writer.isdigit() and not _alive(int(writer)):
            with contextlib.suppress(OSError):
                left.unlink()


def _alive(process: int) -> bool:
    import psutil  # type: ignore[import-untyped]

    return bool(psutil.pid_exists(process))


def _link(temporary: Path, path: Path) -> None:
    """Give a file its name where nothing has it yet, in one step."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        kept = path.with_name(f"{path.stem}-{secrets.token_hex(4)}{path.suffix}")
        os.link(temporary, kept)
        raise FileRefused(
            f"{path} was made by another process meanwhile and is left as it is; this content is kept as {kept}: "
            "rename it, or give another name."
        ) from None
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS):
            raise
        refuse_existing(path, force=False)  # a file system without hard links
        os.replace(temporary, path)


def refuse_existing(path: Path, *, force: bool) -> None:
    """One sentence where writing ``path`` would overwrite something, or its folder is missing."""
    if path.is_dir():
        raise FileRefused(f"{path} is a folder; name a file to write.")
    if path.exists() and not path.is_file():
        raise FileRefused(f"{path} is no regular file (a pipe or a device, perhaps); name a file to write.")
    if path.exists() and not force:
        raise FileRefused(f"{path} exists already; give another name, or force=True (--force) to replace it.")
    if not path.parent.is_dir():
        raise FileRefused(f"The folder {path.parent} does not exist; make it first.")


def _write_trouble(path: Path, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the disk is full; free some space or choose another folder"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"no permission to write in {path.parent}; choose another folder"
    return error.strerror or str(error)
