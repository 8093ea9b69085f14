"""Random visible cells of the images that train a context decoder of a grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from quintet.models.context.drawn_kind import drawn_kind
from quintet.noise import Noise
from quintet.transfers import constants

Kind = Literal["raster", "block", "pixels", "cells", "channels", "all"]
RASTER = {True: 0.7, False: 0.15}
"""Share of the steps in which the earlier pixels are visible, with and without latents: files know them, hidden cells
do without."""
OTHERS: dict[Kind, float] = {"pixels": 0.44, "block": 0.2, "cells": 0.1, "channels": 0.04, "all": 0.22}
"""Shares of the other steps: scattered pixels or cells are visible, what lies outside of a block, some channels, or all
other cells."""
NOISY: dict[Kind, float] = {"raster": 0.0, "block": 0.0, "pixels": 0.1, "cells": 0.2, "channels": 0.0, "all": 0.7}
"""Share of the images of each kind that are seen through noise."""
DRAWN: dict[Kind, float] = {"raster": 1.0, "block": 0.5, "pixels": 0.2, "cells": 0.0, "channels": 0.2, "all": 0.0}
"""Share of the images of each kind in which a chain has drawn the pixels before."""


@dataclass(frozen=True)
class VisibleImages:
    """What is visible of some images, and the pixels that are predicted from it.

    Parameters
    ----------
    kind : of what is visible.
    pixels : (batch, pixels), places in the flat plane.
    start : (batch, channels, height, width) of 0 and 1, cells that are visible from the start.
    drawn : (batch,) of bool, where a pixel sees those before it in raster order, too.
    own : (batch, channels, pixels, channels) of 0 and 1, which channels of its pixel (last) a cell (second) sees.
    doubt : (batch,), 0 where cells are exact, up to 1 where normal noise lies on them.
    """

    kind: Kind
    pixels: Tensor
    start: Tensor
    drawn: Tensor
    own: Tensor
    doubt: Tensor


def random_kind(noise: Noise, with_latents: bool) -> Kind:
    """What is visible of the images of a training step."""
    if noise.chance() < RASTER[with_latents]:
        return "raster"
    return drawn_kind(noise, OTHERS)


def random_visible(kind: Kind, like: Tensor, count: int, noise: Noise) -> VisibleImages:
    """Random visible cells of images.

    Parameters
    ----------
    like : (batch, channels, height, width), for the shape and the dtype.
    count : of pixels of each image.
    """
    batch, channels, height, width = like.shape
    share, drawn, noisy, level = noise.uniform(batch, 4)[0].to(like.dtype).unbind(1)
    pixels = (noise.uniform(batch, count)[0] * height * width).long().clamp(max=height * width - 1)
    start = torch.zeros_like(like) if kind == "raster" else torch.ones_like(like)
    if kind == "block":
        outside, pixels = _block(batch, height, width, count, noise)
        start = outside[:, None].expand_as(like).to(like.dtype)
    elif kind in ("pixels", "cells"):
        planes = noise.uniform(batch, 1 if kind == "pixels" else channels, height, width)[0]
        start = (planes < share.reshape(-1, 1, 1, 1)).expand_as(like).to(like.dtype)
        if kind == "pixels":
            pixels = _hidden_first(planes.flatten(1), share, pixels, noise)
    elif kind == "channels":
        start = _channels(share, channels, noise)[:, :, None, None].expand_as(like).to(like.dtype)
    by_chain = drawn < DRAWN[kind]
    own = _own_channels(kind, share, by_chain, channels, count, noise)
    if kind == "channels":
        own = own | (start[:, None, None, :, 0, 0] > 0)
    doubt = torch.where((noisy < NOISY[kind]) & ~by_chain, level.square(), 0.0)
    return VisibleImages(kind, pixels, start, by_chain, own.to(like.dtype), doubt)


def _hidden_first(planes: Tensor, share: Tensor, pixels: Tensor, noise: Noise) -> Tensor:
    """Pixels (batch, count), most of them hidden: each is drawn anew, up to three times, while it is visible."""
    for _ in range(3):
        again = (noise.uniform(*pixels.shape)[0] * planes.shape[1]).long().clamp(max=planes.shape[1] - 1)
        visible = planes.gather(1, pixels) < share[:, None]
        pixels = torch.where(visible, again, pixels)
    return pixels


def _channels(share: Tensor, channels: int, noise: Noise) -> Tensor:
    """Which channels are visible, (batch, channels) of bool: one at least, and not all of several."""
    rank = noise.uniform(len(share), channels)[0].argsort(1).argsort(1)
    return rank < 1 + (share * (channels - 1)).floor().clamp(max=max(0, channels - 2))[:, None]


def _own_channels(kind: Kind, share: Tensor, by_chain: Tensor, channels: int, count: int, noise: Noise) -> Tensor:
    """Which channels of its own pixel a cell sees, (batch, channels, pixels, channels) of bool: those before it in a
    chain; of hidden pixels none; all others where all cells are visible."""
    shape = len(share), channels, count, channels
    own = torch.full(shape, kind == "all", dtype=torch.bool, device=share.device)
    if kind == "cells":
        own = noise.uniform(*shape)[0].to(share.dtype) < share.reshape(-1, 1, 1, 1)
    before = torch.ones(channels, channels, dtype=share.dtype, device=share.device).tril(-1).bool()
    return torch.where(by_chain.reshape(-1, 1, 1, 1), before[:, None], own)


def _block(batch: int, height: int, width: int, count: int, noise: Noise) -> tuple[Tensor, Tensor]:
    """Pixels outside of a rectangle, (batch, height, width) of bool, and pixels inside it, (batch, count)."""
    sides = constants([height, width], torch.int64, noise.device)
    size, place = noise.uniform(batch, 2, 2)[0].unbind(1)
    size = (size * sides).floor() + 1
    low = (place * sides - size / 2).floor().clamp(min=0)
    high = torch.minimum(low + size, sides)
    inner = low[:, None] + (noise.uniform(batch, count, 2)[0] * (high - low)[:, None]).floor()
    row, column = torch.minimum(inner, high[:, None] - 1).long().unbind(-1)
    rows, columns = (torch.arange(side, device=size.device) for side in (height, width))
    down = (rows >= low[:, :1]) & (rows < high[:, :1])
    along = (columns >= low[:, 1:]) & (columns < high[:, 1:])
    return ~(down[:, :, None] & along[:, None]), row * width + column
