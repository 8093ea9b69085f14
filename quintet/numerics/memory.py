"""Whether an answer has room in the machine's memory, before anything is allocated."""

from __future__ import annotations

import os

from quintet.errors import InputError

GIGABYTE = 2**30
ELSEWHERE = 2**40
"""Bytes that are taken for the memory of a system that does not say what it has."""


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
    """Bytes of the machine's memory."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return ELSEWHERE
