"""Files that are written: whole or not at all, and never over what somebody else made."""

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
        raise FileRefused(f"{path} cannot be written: {write_trouble(path, error)}.") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def _publish(temporary: Path, path: Path) -> None:
    """Give a file its name, or keep it beside what another process made meanwhile."""
    try:
        claim(temporary, path)
    except FileExistsError:
        kept = name_beside(path)
        claim(temporary, kept)
        raise made_meanwhile(path, kept) from None


def claim(temporary: Path, path: Path) -> None:
    """Give a file its name where nothing has it yet, in one step.

    Raises
    ------
    FileExistsError
        Something has it.
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
    """A name beside ``path`` for what cannot have its own."""
    return path.with_name(f"{path.stem}-{secrets.token_hex(4)}{path.suffix}")


def made_meanwhile(path: Path, kept: Path) -> FileRefused:
    """The refusal where another process was first."""
    return FileRefused(
        f"{path} was made by another process meanwhile and is left as it is; this content is kept as {kept}: "
        "rename it, or give another name."
    )


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


def write_trouble(path: Path, error: OSError) -> str:
    """Why the system refused to write ``path``, in words."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the disk is full; free some space or choose another folder"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"no permission to write in {path.parent}; choose another folder"
    return error.strerror or str(error)
