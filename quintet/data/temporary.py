"""Temporary files and folders: one way to name them, and to find those whose writer is gone."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
from pathlib import Path

NAME = re.compile(r"\.(?P<of>.+)\.(?P<process>\d+)-[0-9a-f]+\.tmp")
"""Hidden, and it names what it becomes and the process that writes it."""


def temporary_for(path: Path, folder: Path | None = None) -> Path:
    """A name for what becomes ``path`` once it is whole, beside it or in ``folder``."""
    return (folder or path.parent) / f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp"


def is_temporary(path: Path) -> bool:
    """Whether a file or folder is one of these by its name."""
    return NAME.fullmatch(path.name) is not None


def remove_leftovers(path: str | Path, folder: Path | None = None) -> None:
    """Remove what was to become ``path`` and lies beside it or in ``folder``, left by processes that were killed."""
    path = Path(path)
    with contextlib.suppress(OSError):
        for name in os.listdir(folder or path.parent):
            found = NAME.fullmatch(name) if name.startswith(f".{path.name}.") else None
            if found is not None and found["of"] == path.name and not _alive(int(found["process"])):
                _remove((folder or path.parent) / name)


def _remove(left: Path) -> None:
    with contextlib.suppress(OSError):
        shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()


def _alive(process: int) -> bool:
    import psutil  # type: ignore[import-untyped]

    return bool(psutil.pid_exists(process))
