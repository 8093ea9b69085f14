"""Isolation of a call from the process's numerical settings."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import ModuleType

import numpy as np

from quintet.errors import warn

DEVICE_TYPES = ("cpu", "cuda", "mps", "xpu")
"""Device types whose autocast a caller may have enabled."""


@contextmanager
def isolated() -> Iterator[None]:
    """Set grad mode, inference mode, autocast, default device and NumPy's error state to those of a fresh process.

    These settings are local to the calling thread and restored afterwards. The default dtype is global and not changed:
    the library names the dtype of every tensor that it creates. Random numbers come from local generators
    (``quintet.noise``, ``making``). Where PyTorch is not imported yet, its settings are those of a fresh process.
    """
    torch = sys.modules.get("torch")
    with ExitStack() as stack:
        if torch is not None:
            _warn_of_a_fork(torch)
            _as_in_a_fresh_process(stack, torch)
        stack.enter_context(np.errstate(divide="warn", over="warn", under="ignore", invalid="warn"))
        yield


def _as_in_a_fresh_process(stack: ExitStack, torch: ModuleType) -> None:
    """Enter PyTorch's default settings."""
    stack.enter_context(torch.inference_mode(False))
    stack.enter_context(torch.enable_grad())
    if _inside_autocast(torch):  # its cache of cast weights would become stale
        for kind in ("cpu", *(kind for kind in DEVICE_TYPES[1:] if torch.is_autocast_enabled(kind))):
            stack.enter_context(torch.autocast(kind, enabled=False, cache_enabled=False))
    if torch.get_default_device().type != "cpu":
        stack.enter_context(torch.device("cpu"))


def _inside_autocast(torch: ModuleType) -> bool:
    """Whether the caller is within any ``torch.autocast``, enabled or not."""
    depth: int = torch.autocast_increment_nesting()
    torch.autocast_decrement_nesting()
    return depth > 1


class _Fork:
    """Whether this process was forked after quintet was imported and has not warned of it yet."""

    fresh = False

    @classmethod
    def happened(cls) -> None:
        cls.fresh = True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_Fork.happened)


def _warn_of_a_fork(torch: ModuleType) -> None:
    """Warn once after a fork: PyTorch's threads do not survive it, so a large operation may wait for ever."""
    if not _Fork.fresh:
        return
    _Fork.fresh = False
    if torch.get_num_threads() > 1:
        warn(
            f"This process was forked while PyTorch uses {torch.get_num_threads()} threads, which do not survive a "
            "fork: PyTorch may wait for ever. Call torch.set_num_threads(1) before the fork, or start processes by "
            "'spawn'.",
        )
