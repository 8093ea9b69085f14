"""Temporary files and folders: one way to name them, and to find those whose writer is gone."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import re
import secrets
import shutil
import time
from pathlib import Path

NAME = re.compile(r"\.(?P<of>.+)\.(?:(?P<place>[0-9a-f]{8})-)?(?P<process>\d+)-[0-9a-f]+\.tmp")
"""Hidden; it names what it becomes, where its writer runs and which process that is. Earlier names lack the place."""
DAY = 86_400
"""Seconds without a change, after which one whose name lacks the place is taken for left."""


def temporary_for(path: Path, folder: Path | None = None) -> Path:
    """A name for what becomes ``path`` once it is whole, beside it or in ``folder``."""
    return (folder or path.parent) / f".{path.name}.{_place()}-{os.getpid()}-{secrets.token_hex(4)}.tmp"


def is_temporary(path: Path) -> bool:
    """Whether a file or folder is one of these by its name."""
    return NAME.fullmatch(path.name) is not None


def remove_leftovers(path: str | Path, folder: Path | None = None) -> None:
    """Remove what was to become ``path`` and lies beside it or in ``folder``, left by processes that were killed.

    A process of another host, or of another container, on a shared disk is not seen from here: what it writes stays.
    """
    path = Path(path)
    with contextlib.suppress(OSError):
        for name in os.listdir(folder or path.parent):
            found = NAME.fullmatch(name) if name.startswith(f".{path.name}.") else None
            if found is not None and found["of"] == path.name and _left((folder or path.parent) / name, found):
                _remove((folder or path.parent) / name)


def _left(path: Path, name: re.Match[str]) -> bool:
    """Whether the writer ran here and is gone."""
    here = name["place"] == _place() if name["place"] else time.time() - path.lstat().st_mtime > DAY
    return bool(here) and not _alive(int(name["process"]))


def _place() -> str:
    """Where this process's number means this process: the host and, on Linux, the namespace of its processes."""
    namespace = ""
    with contextlib.suppress(OSError):
        namespace = os.readlink("/proc/self/ns/pid")
    return hashlib.sha256(f"{platform.node()} {namespace}".encode()).hexdigest()[:8]


def _remove(left: Path) -> None:
    with contextlib.suppress(OSError):
        shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()


def _alive(process: int) -> bool:
    import psutil  # type: ignore[import-untyped]

    return bool(psutil.pid_exists(process))
