"""Names of temporary files and folders, and removal of those whose process has ended."""

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
"""Hidden names of target, place (host and namespace) and process; names of earlier versions have no place."""
DAY = 86_400
"""Seconds without a change after which a name without a place counts as a leftover."""


def temporary_for(path: Path, folder: Path | None = None) -> Path:
    """A temporary name for ``path``, next to it or in ``folder``."""
    return (folder or path.parent) / f".{path.name}.{_place()}-{os.getpid()}-{secrets.token_hex(4)}.tmp"


def is_temporary(path: Path) -> bool:
    """Whether the name is that of a temporary file or folder."""
    return NAME.fullmatch(path.name) is not None


def remove_leftovers(path: str | Path, folder: Path | None = None) -> None:
    """Remove temporary files of ``path`` that killed processes left next to it or in ``folder``.

    Files of other hosts and containers on a shared disk are kept, because their processes are not visible.
    """
    path = Path(path)
    with contextlib.suppress(OSError):
        for name in os.listdir(folder or path.parent):
            found = NAME.fullmatch(name) if name.startswith(f".{path.name}.") else None
            if found is not None and found["of"] == path.name and _left((folder or path.parent) / name, found):
                _remove((folder or path.parent) / name)


def _left(path: Path, name: re.Match[str]) -> bool:
    """Whether the file belongs to a process of this host that has ended."""
    here = name["place"] == _place() if name["place"] else time.time() - path.lstat().st_mtime > DAY
    return bool(here) and not _alive(int(name["process"]))


def _place() -> str:
    """A hash of the scope of process numbers: the host and, on Linux, the process namespace."""
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
