"""Where to compute, and with which numbers: facts of the machine, never a timing, so that runs repeat."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import torch

from quintet.errors import InputError

CPU_INSTRUCTIONS = ("avx512_bf16", "amx_bf16")
"""Names, in Linux' /proc/cpuinfo and in PyTorch, of the instructions that multiply bf16 matrices."""


def find_device(name: str = "auto") -> torch.device:
    """The device called ``name``; "auto": PyTorch's accelerator, the CPU where there is none."""
    if name == "auto":
        found = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
        return found or torch.device("cpu")
    try:
        device = torch.device(name)
        torch.empty(0, dtype=torch.float32, device=device)
    except (RuntimeError, AssertionError, NotImplementedError):
        raise InputError(f"device={name!r} is not on this machine; allowed are {', '.join(_devices())}.") from None
    return device


def find_precision(name: str, device: torch.device) -> str:
    """ "fp32" or "bf16"; "auto": bf16 where the processor has instructions for it."""
    if name != "auto":
        return name
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    return "bf16" if device.type == "cpu" and cpu_has_bf16() else "fp32"


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """A context in which matrix products are of this precision; it can be entered again and again.

    Rounded weights are not cached: the
    cache is emptied by the outermost autocast alone, which may be the caller's, and through it gradients of a weight
    that is used twice are summed in bf16.
    """
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16", cache_enabled=False)


def searching(device: torch.device) -> torch.autocast:
    """A context for what only looks for good places, to be weighed in full precision afterwards."""
    return autocast(device, find_precision("auto", device))


@cache
def cpu_has_bf16() -> bool:
    """Whether the processor has instructions for products of bf16 matrices."""
    known = getattr(torch.cpu, "get_capabilities", None)
    if known is not None:
        flags = {str(flag) for flag, there in known().items() if there is True}
    else:
        info = Path("/proc/cpuinfo")
        flags = set(info.read_text().split()) if info.exists() else set()
    return any(name in flags for name in CPU_INSTRUCTIONS)


def _devices() -> list[str]:
    names = ["auto", "cpu"]
    if torch.cuda.is_available():
        names += ["cuda"]
    if torch.backends.mps.is_available():
        names += ["mps"]
    return names
