"""Whether an answer has room in the machine's memory, before anything is allocated."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from quintet.errors import InputError

GIGABYTE = 2**30
ELSEWHERE = 2**40
"""Bytes that are taken for the memory of a system that does not say what it has."""
CELL = 20
"""Bytes a cell of an answer takes at most while it is handed over: the model's float32, the same as float64, from which
the user's units are made, and the user's array, float64 at most; all three are held together."""
LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
"""Where Linux says what a container may take of the machine's memory, by version of its control groups."""


def hold_room(name: str, count: int, each: int, cure: str) -> None:
    """Refuse ``count`` things of ``each`` bytes, asked for by the argument ``name``, that the machine cannot hold.

    Raises
    ------
    InputError
        More than the machine's memory, with how many it holds.
    """
    memory = _memory()
    if count * each > memory:
        raise InputError(
            f"{name} must be at most {memory // max(1, each)}, which fill this machine's memory of "
            f"{memory / GIGABYTE:.0f} GB, got {count}: {cure}."
        )


def _memory() -> int:
    """Bytes of the machine's memory, or of what of it this process may take."""
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
