"""Place of this process among those that a launcher such as torchrun or `accelerate launch` started together."""

from __future__ import annotations

import os
import sys
from typing import Any


def rank() -> int:
    """Number of this process among all, from 0; 0 of a process that runs alone."""
    group = _process_group()
    return group.get_rank() if group else _from_environment("RANK", 0)


def count() -> int:
    """Number of processes that were started together; 1 of a process that runs alone."""
    group = _process_group()
    return group.get_world_size() if group else max(1, _from_environment("WORLD_SIZE", 1))


def local_rank() -> int:
    """Number of this process among those of its machine, from 0."""
    return _from_environment("LOCAL_RANK", 0)


def local_count() -> int:
    """Number of processes on this machine."""
    return max(1, _from_environment("LOCAL_WORLD_SIZE", count()))


def is_first() -> bool:
    """Whether this process writes files, shows progress and warns: the only one, or the first of several."""
    return count() == 1 or rank() == 0


def _process_group() -> Any:
    """PyTorch's module of process groups where the program has set one up; nothing is imported for it."""
    module = sys.modules.get("torch.distributed")
    return module if module is not None and module.is_available() and module.is_initialized() else None


def _from_environment(name: str, otherwise: int) -> int:
    text = os.environ.get(name, "")
    return int(text) if text.isdecimal() else otherwise
