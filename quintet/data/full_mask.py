"""The mask of rows without missing cells: one True, expanded, and recognised without reading it."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from quintet.transfers import send


def all_true(shape: torch.Size, device: torch.device | str = "cpu") -> Tensor:
    """A mask in which all cells are observed, expanded from a single True. Masks are never written in place."""
    device = torch.device(device)
    return (torch.ones((), dtype=torch.bool) if device.type == "cpu" else _true(device)).expand(shape)


def is_full(observed: Tensor) -> bool:
    """Whether ``observed`` is a mask of ``all_true``, as in a batch without missing cells.

    On an accelerator a mask is recognised by the address of that True: reading the number would wait for the device.
    """
    if any(observed.stride()) or not observed.numel():
        return False
    if observed.device.type == "cpu":
        return bool(observed.as_strided((), ()))
    return observed.data_ptr() == _true(observed.device).data_ptr()


def mask_on(observed: Tensor, device: torch.device) -> Tensor:
    """The mask on ``device``; a full one is made there, not copied."""
    if observed.device == device:
        return observed
    return all_true(observed.shape, device) if is_full(observed) else send(observed, device)


def _true(device: torch.device) -> Tensor:
    """The True of all full masks of an accelerator."""
    if device.index is None:  # the current one of its kind, which may change
        device = torch.empty(0, dtype=torch.bool, device=device).device
    return _true_at(device)


@cache
def _true_at(device: torch.device) -> Tensor:
    return torch.ones((), dtype=torch.bool, device=device)
