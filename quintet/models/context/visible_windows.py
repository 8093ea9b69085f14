"""Random visible cells around the pixels that train a context decoder of a grid."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.networks.neighbourhood import Neighbourhood
from quintet.noise import Noise

RASTER, BLOCK, SCATTERED = 0.45, 0.55, 0.8
"""Cumulative shares of the windows of which the earlier pixels are visible, those outside a block, scattered ones; of
the rest all are."""
NOISY_SCATTERED, NOISY_ALL = 0.2, 0.6
"""Share of the windows of scattered cells, and of all cells, that are seen through noise."""


@dataclass(frozen=True)
class VisibleWindows:
    """Visibility of some pixels' windows and of their own channels.

    Parameters
    ----------
    window : (batch, channels, pixels, neighbours), 0 or 1.
    own : (batch, channels, pixels, channels), of a pixel's channels (last) where one of them (second) is predicted.
    doubt : (batch, 1, pixels), 0 where cells are exact, up to 1 where normal noise lies on them.
    """

    window: Tensor
    own: Tensor
    doubt: Tensor


def random_visible(neighbours: Neighbourhood, channels: int, pixels: Tensor, noise: Noise) -> VisibleWindows:
    """Visible cells around pixels (batch, count): raster prefixes, outside of blocks, scattered, or all others.

    Half of the scattered cells are whole pixels. Channels of a pixel are visible one after another, or at random.
    """
    batch, count, size = *pixels.shape, len(neighbours)
    kind, share, by_pixel, noisy, level = noise.uniform(batch, 5, count)[0].unbind(1)
    raster, block = kind < RASTER, (kind >= RASTER) & (kind < BLOCK)
    scattered = (kind >= BLOCK) & (kind < SCATTERED)
    chance = noise.uniform(batch, channels, count, size)[0]
    chance = torch.where((by_pixel < 0.5)[:, None, :, None], chance[:, :1], chance)
    window = torch.ones_like(chance, dtype=torch.bool)
    window = torch.where(scattered[:, None, :, None], chance < share[:, None, :, None], window)
    outside = _outside(neighbours, batch, count, noise)
    earlier = neighbours.earlier.expand(batch, count, -1)
    outside = torch.where((by_pixel < 0.5)[..., None], outside | earlier, outside)
    window = torch.where(block[:, None, :, None], outside[:, None], window)
    window = torch.where(raster[:, None, :, None], earlier[:, None], window)
    inside = neighbours.around(
        neighbours.padded(torch.ones(1, neighbours.height, neighbours.width, dtype=share.dtype, device=share.device)),
        pixels.flatten(),
    )
    window = window & (inside.reshape(batch, 1, count, size) > 0)
    before = (
        torch.ones(channels, channels, dtype=share.dtype, device=share.device)
        .tril(-1)
        .bool()
        .reshape(1, channels, 1, channels)
    )
    alone = noise.uniform(batch, channels, count, channels)[0] < share[:, None, :, None]
    alone = alone & (by_pixel >= 0.5)[:, None, :, None]
    own = torch.where((raster | block)[:, None, :, None], before, torch.ones_like(alone))
    own = torch.where(scattered[:, None, :, None], alone, own)
    chance_of_noise = torch.where(scattered, NOISY_SCATTERED, NOISY_ALL)
    doubt = torch.where((noisy < chance_of_noise) & ~(raster | block), level.square(), 0.0)
    return VisibleWindows(window.to(chance.dtype), own.to(chance.dtype), doubt[:, None])


def _outside(neighbours: Neighbourhood, batch: int, count: int, noise: Noise) -> Tensor:
    """Neighbours outside a random rectangle around each pixel, (batch, count, neighbours)."""
    ends = (noise.uniform(batch, count, 4)[0] * (neighbours.radius + 2)).floor()[..., None]
    down, right = neighbours.offsets.to(ends.dtype).unbind(1)
    up, below, left, beside = ends.unbind(2)
    return (down < -up) | (down > below) | (right < -left) | (right > beside)
