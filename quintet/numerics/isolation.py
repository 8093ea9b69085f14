"""The clean room: what a call computes depends on its arguments, never on the state of the process around it."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import numpy as np
import torch

from quintet.errors import QuintetWarning

DEVICE_TYPES = ("cpu", "cuda", "mps", "xpu")
"""Devices whose autocast a caller may have switched on."""


@contextmanager
def isolated() -> Iterator[None]:
    """Grad mode, inference mode, autocast, the default device and NumPy's error state as in a fresh process.

    All of it belongs to the calling thread alone, so that no other thread sees a change, and all of it is put back.
    The default dtype belongs to the whole process and is left alone: the code here names the dtype of every tensor it
    makes. Random numbers come from generators that the code makes itself (``quintet.noise``, ``making``).
    """
    _warn_of_a_fork()
    with ExitStack() as stack:
        stack.enter_context(torch.inference_mode(False))
        stack.enter_context(torch.enable_grad())
        if _inside_autocast():  # its cache of rounded weights would outlive our steps
            for kind in ("cpu", *(kind for kind in DEVICE_TYPES[1:] if torch.is_autocast_enabled(kind))):
                stack.enter_context(torch.autocast(kind, enabled=False, cache_enabled=False))
        if torch.get_default_device().type != "cpu":
            stack.enter_context(torch.device("cpu"))
        stack.enter_context(np.errstate(divide="warn", over="warn", under="ignore", invalid="warn"))
        yield


def _inside_autocast() -> bool:
    """Whether the caller stands within any ``torch.autocast``, be it enabled or not."""
    depth: int = torch.autocast_increment_nesting()
    torch.autocast_decrement_nesting()
    return depth > 1


class _Fork:
    """Whether this process is a fork of one that had imported quintet, and no warning was given yet."""

    fresh = False

    @classmethod
    def happened(cls) -> None:
        cls.fresh = True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_Fork.happened)


def _warn_of_a_fork() -> None:
    """PyTorch's own threads do not survive a fork: its next large operation in the child may wait for ever."""
    if not _Fork.fresh:
        return
    _Fork.fresh = False
    if torch.get_num_threads() > 1:
        warnings.warn(
            f"This process was forked while PyTorch uses {torch.get_num_threads()} threads, which do not survive a "
            "fork: PyTorch may wait for ever. Call torch.set_num_threads(1) before the fork, or start processes by "
            "'spawn'.",
            QuintetWarning,
            stacklevel=4,
        )
