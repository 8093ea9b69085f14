"""Blocks of 8×8 pixels, the transform of their cells that decorrelates them, and its coefficients on a grid.

The transform is the one of Karhunen and Loève: the principal axes of the blocks of training images, all channels
together. Its coefficients are quantised to multiples of a step with a dead zone about 0, in which a little distortion
saves many bits (Sullivan, 1996).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

SIDE = 8
DEAD = 0.12
"""How much nearer to 0 than halfway a coefficient is rounded down, in steps."""
LEAST_SPREAD = 1e-2
"""Standard deviation of a coefficient at least, in grey levels."""
Array = np.ndarray[Any, Any]


def to_blocks(x: Tensor) -> Tensor:
    """Images (n, channels, height, width) -> (n, rows, columns, cells of a block); the border is repeated to fill up
    the last blocks."""
    height, width = x.shape[-2:]
    whole = F.pad(x, (0, -width % SIDE, 0, -height % SIDE), mode="replicate")
    cut = whole.unfold(2, SIDE, SIDE).unfold(3, SIDE, SIDE)  # (n, channels, rows, columns, side, side)
    return cut.permute(0, 2, 3, 1, 4, 5).flatten(3)


def from_blocks(blocks: Tensor, shape: tuple[int, ...]) -> Tensor:
    """The inverse of ``to_blocks`` for images of ``shape`` (channels, height, width)."""
    channels, height, width = shape
    n, rows, columns, _ = blocks.shape
    cells = blocks.reshape(n, rows, columns, channels, SIDE, SIDE).permute(0, 3, 1, 4, 2, 5)
    return cells.reshape(n, channels, rows * SIDE, columns * SIDE)[..., :height, :width]


def principal_axes(blocks: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Basis (block, block), centre (block,) and spreads (block,) of blocks (n, block), float64."""
    centre = blocks.mean(0)
    gaps = blocks - centre
    variance, axes = torch.linalg.eigh(gaps.T @ gaps / len(gaps))
    spread = variance.flip(0).clamp(min=LEAST_SPREAD**2).sqrt()
    return axes.flip(1), centre, spread


def quantised(y: Tensor, step: Tensor | float) -> Tensor:
    """Coefficients -> whole numbers k."""
    return y.sign() * (y.abs() / step + (0.5 - DEAD)).floor()


def upper_edge(k: Array) -> Array:
    """The largest y / step that ``quantised`` turns into k; k is an array of whole numbers."""
    return np.asarray(k + np.where(k >= 0, 0.5 + DEAD, 0.5 - DEAD))


def lower_edge(k: Array) -> Array:
    """The smallest y / step that ``quantised`` turns into k."""
    return -upper_edge(-k)
