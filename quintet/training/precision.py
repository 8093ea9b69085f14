"""Device and precision of the computation, chosen by the machine's properties and never by timing."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import torch

from quintet import launched
from quintet.errors import InputError

CPU_INSTRUCTIONS = ("avx512_bf16", "amx_bf16")
"""Names of the instructions for bf16 matrix products, in Linux' /proc/cpuinfo and in PyTorch."""


def find_device(name: str = "auto") -> torch.device:
    """The device ``name``; "auto": PyTorch's accelerator, or the CPU without one.

    Of several processes each takes a GPU of its own, as far as the machine has so many.
    """
    if name == "auto":
        found = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
        return _own(found or torch.device("cpu"))
    try:
        device = _own(torch.device(name))
        torch.empty(0, dtype=torch.float32, device=device)
    except (RuntimeError, AssertionError, NotImplementedError):
        raise InputError(f"device must be one of this machine's ({', '.join(_devices())}), got {name!r}.") from None
    return device


def _own(device: torch.device) -> torch.device:
    """The GPU of this process among those of its machine."""
    if device.type != "cuda" or device.index is not None or launched.count() == 1:
        return device
    return torch.device("cuda", launched.local_rank() % max(1, torch.cuda.device_count()))


def find_precision(name: str, device: torch.device) -> str:
    """Resolve "auto" to "bf16" if the processor has instructions for it, else to "fp32"."""
    if name != "auto":
        return name
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    return "bf16" if device.type == "cpu" and cpu_has_bf16() else "fp32"


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """A reusable context in which matrix products have this precision.

    Cast weights are not cached: only the outermost autocast, which may be the caller's, empties the cache, and a cached
    weight that is used twice has its gradients summed in bf16.
    """
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16", cache_enabled=False)


def searching(device: torch.device) -> torch.autocast:
    """Context of a search for candidates, which are evaluated in full precision afterwards."""
    return autocast(device, find_precision("auto", device))


@cache
def cpu_has_bf16() -> bool:
    """Whether the processor has instructions for bf16 matrix products."""
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
