"""Atomic writing of files: completely or not at all, without overwriting other processes' files."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from quintet.data.writers.temporary import remove_leftovers, temporary_for
from quintet.errors import FileRefused


@contextlib.contextmanager
def atomic(path: str | Path, *, force: bool = False, begun: bool = False) -> Iterator[IO[bytes]]:
    """Write bytes to a temporary file next to ``path``, renamed to ``path`` once all bytes are on the disk.

    Parameters
    ----------
    path : the file to write; its folder must exist. Links are followed; only regular files are allowed.
    force : whether an existing file may be replaced. Otherwise, if another process creates the file during writing,
        the content is stored under another name, which the error names.
    begun : whether the path was already checked before the work began; an existing file is then treated as created
        by another process during writing.
    """
    path = Path(path)
    refuse_existing(path, force=force or begun)
    path = Path(os.path.realpath(path)) if path.is_symlink() else path
    remove_leftovers(path)
    temporary = temporary_for(path)
    try:
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if force:
            refuse_existing(path, force=True)
            os.replace(temporary, path)
        else:
            _publish(temporary, path)
    except OSError as error:
        raise FileRefused(f"Cannot write {path}: {write_problem(path, error)}.") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def _publish(temporary: Path, path: Path) -> None:
    """Rename the temporary file to ``path``, or to another name if another process created ``path``."""
    try:
        claim(temporary, path)
    except FileExistsError:
        kept = name_beside(path)
        claim(temporary, kept)
        raise made_meanwhile(path, kept) from None


def claim(temporary: Path, path: Path) -> None:
    """Atomically rename a file to a path that does not exist.

    Raises
    ------
    FileExistsError
        If the path exists.
    """
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS):
            raise
        if os.path.lexists(path):  # a file system without hard links
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        os.replace(temporary, path)


def name_beside(path: Path) -> Path:
    """An unused name next to ``path``."""
    return path.with_name(f"{path.stem}-{secrets.token_hex(4)}{path.suffix}")


def made_meanwhile(path: Path, kept: Path) -> FileRefused:
    """The error for a path that another process created during writing."""
    return FileRefused(
        f"Another process created {path} during writing, so it was left unchanged; this content is stored as {kept}: "
        "rename it, or give another name."
    )


def refuse_existing(path: Path, *, force: bool) -> None:
    """Raise FileRefused if writing ``path`` would overwrite something, or its folder does not exist."""
    if path.is_dir():
        raise FileRefused(f"The path to write must be a file, got the folder {path}: name a file.")
    if path.exists() and not path.is_file():
        raise FileRefused(
            f"The path to write must be a regular file, got a pipe, a device or the like at {path}: name a file."
        )
    if path.exists() and not force:
        raise FileRefused(f"{path} exists already: give another name, or force=True (--force) to replace it.")
    if not path.parent.is_dir():
        raise FileRefused(f"The folder {path.parent} does not exist: create it first.")


def write_problem(path: Path, error: OSError) -> str:
    """A description of the system's error in writing ``path``."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the disk is full, free some space or choose another folder"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"no permission to write in {path.parent}, choose another folder"
    return error.strerror or str(error)
