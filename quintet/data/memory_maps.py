"""Arrays whose cells are in a memory-mapped file."""

from __future__ import annotations

import mmap
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

Array = np.ndarray[Any, Any]


def is_mapped(array: Array) -> bool:
    """Whether the cells of an array are in a memory-mapped file."""
    held: Any = array
    while held is not None:
        if isinstance(held, np.memmap | mmap.mmap):
            return True
        held = getattr(held, "base", None)
    return False


def read_only_tensor(array: Array) -> Tensor:
    """The array as a tensor that shares its memory and must not be written to."""
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # PyTorch warns that writing is undefined
        return torch.from_numpy(array)
