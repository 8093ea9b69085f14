"""Where files lie: the file system of a path or a URL, and the files of a folder or a glob pattern on it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quintet.errors import InputError
from quintet.extras import extra

MAGIC = "*?["
"""Marks of a glob pattern."""


@dataclass(frozen=True)
class FoundFiles:
    """Paths on a file system, in no order; ``folder`` is the one that they were found below, None otherwise."""

    paths: tuple[str, ...]
    folder: str | None = None


def located(text: str) -> tuple[Any, str, str]:
    """The fsspec file system of a path or a URL, its name for messages without a password, and the path on the system.

    Raises
    ------
    InputError
        fsspec knows no such file system, or cannot reach it.
    """
    with extra("scale", without_password(text)):
        from fsspec.core import url_to_fs
    if "://" not in text:
        text = str(Path(text).expanduser().absolute())
    shown = without_password(text)
    try:
        system, path = url_to_fs(text)
    except (ValueError, ImportError, OSError) as error:
        reason = str(error).rstrip(".")
        raise InputError(
            f"The place of files must be a path or a URL that fsspec can open, got {shown}: {reason}."
        ) from None
    return system, shown, str(path)


def files_at(system: Any, path: str) -> FoundFiles | None:
    """The file of a path, the files below a folder, or those that a glob pattern matches; None: there is no such path.

    Files whose name begins with a point are left out, and of a folder also those below a name that begins with a point
    or an underscore, as engines leave them.
    """
    if system.isdir(path):
        return FoundFiles(tuple(one for one in system.find(path) if not _is_hidden(one, path)), path)
    if has_magic(path) and not system.exists(path):
        matching = (one for one in system.glob(path) if not Path(one).name.startswith("."))
        return FoundFiles(tuple(one for one in matching if system.isfile(one)))
    return FoundFiles((path,)) if system.exists(path) else None


def has_magic(path: str) -> bool:
    """Whether a path has a mark of a glob pattern."""
    return any(mark in path for mark in MAGIC)


def without_password(text: str) -> str:
    """A URL without its user and password."""
    scheme, mark, rest = text.partition("://")
    if not mark:
        return text
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"


def _is_hidden(path: str, base: str) -> bool:
    return any(part.startswith((".", "_")) for part in Path(os.path.relpath(path, base)).parts)
