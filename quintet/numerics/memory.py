"""Check that a result fits into the machine's memory, before its allocation."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from quintet.errors import InputError

GIGABYTE = 2**30
ELSEWHERE = 2**40
"""Assumed memory in bytes of a system that does not report it."""
CELL = 20
"""Largest number of bytes for each cell of a result: float32 in the model's units, float64 before conversion, and the
result, at most float64, all in memory at once."""
LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
"""Files with a container's memory limit on Linux, for both versions of control groups."""


def hold_room(name: str, count: int, each: int, cure: str) -> None:
    """Raise ``InputError`` if ``count`` items of ``each`` bytes do not fit into memory; ``name`` is the argument.

    Raises
    ------
    InputError
        If the items do not fit; the message says how many would.
    """
    memory = _memory()
    if count * each > memory:
        raise InputError(
            f"{name} must be at most {memory // max(1, each)}, which fill this machine's memory of "
            f"{memory / GIGABYTE:.0f} GB, got {count}: {cure}."
        )


def _memory() -> int:
    """Memory in bytes that this process may use."""
    return min([_physical(), *_limits()])


def _limits() -> list[int]:
    found = []
    for file in LIMITS:
        with contextlib.suppress(OSError, ValueError):  # no such file, or "max"
            found.append(int(file.read_text()))
    return found


def _physical() -> int:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return ELSEWHERE
