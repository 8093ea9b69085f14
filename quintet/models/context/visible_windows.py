"""Random visible cells of the images that train a context decoder of a grid."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.noise import Noise

RASTER, BLOCK, SCATTERED = 0.5, 0.62, 0.82
"""Cumulative shares of the images of which the earlier pixels are visible, those outside of a block, scattered ones; of
the rest all are."""
NOISY_SCATTERED, NOISY_ALL = 0.2, 0.6
"""Share of the images of scattered cells, and of all cells, that are seen through noise."""


@dataclass(frozen=True)
class VisibleImages:
    """What is visible of some images, and the pixels that are predicted from it.

    Parameters
    ----------
    pixels : (batch, pixels), places in the flat plane.
    start : (batch, channels, height, width) of 0 and 1, cells that are visible from the start.
    earlier : (batch,) of bool, where a pixel sees those before it in raster order, too.
    own : (batch, channels, pixels, channels) of 0 and 1, which channels of its pixel (last) a cell (second) sees.
    doubt : (batch,), 0 where cells are exact, up to 1 where normal noise lies on them.
    """

    pixels: Tensor
    start: Tensor
    earlier: Tensor
    own: Tensor
    doubt: Tensor

    @property
    def raster(self) -> Tensor:
        """(batch,) of bool, images of which nothing is visible from the start."""
        return self.earlier & ~self.start.flatten(1).any(1)


def random_visible(like: Tensor, count: int, noise: Noise) -> VisibleImages:
    """Raster prefixes, images outside of a block, scattered cells or pixels, or all others.

    Of half of the blocks and scattered pixels a chain has drawn the pixels before, and the channels before.

    Parameters
    ----------
    like : (batch, channels, height, width), for the shape and the dtype.
    count : of pixels of each image.
    """
    batch, channels, height, width = like.shape
    kind, share, by_pixel, drawn, noisy, level = noise.uniform(batch, 6)[0].to(like.dtype).unbind(1)
    raster, block = kind < RASTER, (kind >= RASTER) & (kind < BLOCK)
    scattered = (kind >= BLOCK) & (kind < SCATTERED)
    whole = by_pixel < 0.5
    chance = noise.uniform(batch, channels, height, width)[0].to(like.dtype)
    chance = torch.where(whole.reshape(-1, 1, 1, 1), chance[:, :1], chance)
    outside, inner = _block(batch, height, width, count, noise)
    every = (noise.uniform(batch, count)[0] * height * width).long().clamp(max=height * width - 1)
    start = torch.where(
        scattered.reshape(-1, 1, 1, 1), chance < share.reshape(-1, 1, 1, 1), ~raster.reshape(-1, 1, 1, 1)
    )
    start = torch.where(block.reshape(-1, 1, 1, 1), outside[:, None], start)
    earlier = raster | ((block | (scattered & whole)) & (drawn < 0.5))
    before = torch.ones(channels, channels, dtype=like.dtype, device=like.device).tril(-1).bool()
    alone = noise.uniform(batch, channels, count, channels)[0].to(like.dtype) < share.reshape(-1, 1, 1, 1)
    own = torch.where((scattered & ~whole).reshape(-1, 1, 1, 1), alone, ~(block | scattered).reshape(-1, 1, 1, 1))
    own = torch.where(earlier.reshape(-1, 1, 1, 1), before[:, None], own)
    doubt = torch.where(
        (noisy < torch.where(scattered, NOISY_SCATTERED, NOISY_ALL)) & ~(raster | block | earlier), 1, 0
    )
    pixels = torch.where(block[:, None], inner, every)
    return VisibleImages(pixels, start.to(like.dtype), earlier, own.to(like.dtype), doubt * level.square())


def _block(batch: int, height: int, width: int, count: int, noise: Noise) -> tuple[Tensor, Tensor]:
    """Pixels outside of a rectangle, (batch, height, width) of bool, and pixels inside it, (batch, count)."""
    sides = torch.tensor([height, width], device=noise.device)
    size, place = noise.uniform(batch, 2, 2)[0].unbind(1)
    size = (size * sides).floor().clamp(min=0) + 1
    low = (place * sides - size / 2).floor().clamp(min=0)
    high = torch.minimum(low + size, sides)
    inner = low[:, None] + (noise.uniform(batch, count, 2)[0] * (high - low)[:, None]).floor()
    row, column = torch.minimum(inner, high[:, None] - 1).long().unbind(-1)
    rows, columns = (torch.arange(side, device=size.device) for side in (height, width))
    down = (rows >= low[:, :1]) & (rows < high[:, :1])
    along = (columns >= low[:, 1:]) & (columns < high[:, 1:])
    return ~(down[:, :, None] & along[:, None]), row * width + column
