"""Copies of tensors to a device that the processor does not wait for."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def send(tensor: Tensor, device: torch.device) -> Tensor:
    """The tensor on ``device``; the processor goes on while it is copied.

    A copy from pageable memory to a GPU keeps the processor until it is done, so that the tensor is first copied to
    pinned memory. PyTorch reuses pinned memory after the copies from it have ended.
    """
    if tensor.device == device:
        return tensor
    if device.type == "cuda" and tensor.device.type == "cpu":
        tensor = tensor.pin_memory()
    return tensor.to(device, non_blocking=True)


def constants(values: Sequence[float] | Sequence[Sequence[float]], dtype: torch.dtype, device: torch.device) -> Tensor:
    """A tensor of numbers on ``device``, without waiting; of ``torch.tensor`` with a device the processor waits."""
    return send(torch.tensor(values, dtype=dtype), device)
