"""Random augmentations of training rows under which a classifier should be invariant."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

from quintet.data.full_mask import is_full
from quintet.models.base import zero_unobserved
from quintet.noise import Noise
from quintet.transfers import constants

TURN, STRETCH, SLANT, SHIFT = 0.35, 0.2, 0.3, 0.2
"""Largest rotation in radians, log scale of each side, shear slope, and shift in half side lengths of an image."""
HIDDEN, SPREAD = 0.2, 0.1
"""Share of a table's cells that are masked, and the noise on the others in standard deviations of their column."""


@torch.no_grad()
def augment_rows(x: Tensor, observed: Tensor, noise: Noise, codes: Sequence[int] = ()) -> tuple[Tensor, Tensor]:
    """Augment each row independently: random affine maps of images; masking and noise for the cells of a table.

    Levels are masked alone, since codes have no distance.

    Parameters
    ----------
    x, observed : (batch, *row) and its mask.
    codes : number of codes of each cell of a table, 0 for numbers; empty: all cells are numbers.

    Returns
    -------
    The augmented rows and the mask of their observed cells, of the same shapes.
    """
    return _affine(x, observed, noise) if x.ndim == 4 else _mask_and_noise(x, observed, noise, codes)


def _mask_and_noise(x: Tensor, observed: Tensor, noise: Noise, codes: Sequence[int]) -> tuple[Tensor, Tensor]:
    there = observed & (noise.uniform(*x.shape)[0] >= HIDDEN)
    everyone = noise.share.whole(x)
    spread = everyone.std(0, keepdim=True, correction=0) if len(everyone) > 1 else torch.zeros_like(x)
    if codes:
        spread = spread * (constants(codes, torch.int64, x.device) == 0)
    return x + SPREAD * spread * noise.normal(*x.shape)[0], there


def _affine(x: Tensor, observed: Tensor, noise: Noise) -> tuple[Tensor, Tensor]:
    u = 2 * noise.uniform(len(x), 6)[0].to(x.dtype) - 1
    turn, slant = TURN * u[:, 0], SLANT * u[:, 1]
    wide, high = (STRETCH * u[:, 2]).exp(), (STRETCH * u[:, 3]).exp()
    rows = [
        [wide * turn.cos(), wide * (slant - turn.sin()), SHIFT * u[:, 4]],
        [high * turn.sin(), high * turn.cos(), SHIFT * u[:, 5]],
    ]
    matrix = torch.stack([torch.stack(row, 1) for row in rows], 1)
    with torch.autocast(x.device.type, enabled=False):
        grid = affine_grid(matrix, list(x.shape), align_corners=False)
        moved = grid_sample(zero_unobserved(x, observed), grid, padding_mode="border", align_corners=False)
        if is_full(observed):
            return moved, observed
        there = grid_sample(observed.to(x.dtype), grid, padding_mode="border", align_corners=False)
    return moved, there > 0.99
