"""Means of boxes around each pixel of a grid: what lies beyond its window, coarser with the distance."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

FINE, COARSE = 5, 3
"""Boxes on a side of the finer and of the coarser square of boxes."""


class Surroundings(nn.Module):
    """Sums over two squares of boxes around a pixel, without the box in the middle of each.

    Of a window of a radius of 3: boxes of 5×5 pixels up to 12 away, and of 15×15 pixels up to 22 away, as seen by an
    eye that is sharp in the middle. No box holds the pixel itself. Sums come from tables of cumulative sums (Crow,
    "Summed-area tables for texture mapping", 1984).

    Parameters
    ----------
    height, width : of the grid.
    radius : of the window, within which pixels are read one by one.
    """

    offset: Tensor
    side: Tensor

    def __init__(self, height: int, width: int, radius: int) -> None:
        super().__init__()
        self.width = width
        self.squares = ((FINE, 2 * radius - 1), (COARSE, 3 * (2 * radius - 1)))
        offsets, sides, before = [], [], 0
        for count, side in self.squares:
            steps = range(0, count * side, side)
            middle = side * (count // 2)
            wide = width + 2 * middle
            offsets += [(before, wide, y * wide + x) for y in steps for x in steps if (y, x) != (middle, middle)]
            sides += [side] * (count * count - 1)
            before += (height + 2 * middle) * wide
        self.register_buffer("offset", torch.tensor(offsets), persistent=False)
        self.register_buffer("side", torch.tensor(sides), persistent=False)

    def __len__(self) -> int:
        """Number of boxes."""
        return len(self.side)

    def sums(self, planes: Tensor) -> Tensor:
        """Sums over the box of each size around every place of planes (..., height, width), and around places outside
        of them; flat, (..., places)."""
        found = []
        for count, side in self.squares:
            reach = side * (count // 2) + side // 2
            summed = pad(planes.double(), (reach + 1, reach, reach + 1, reach)).cumsum(-1).cumsum(-2)
            down = summed[..., side:, :] - summed[..., :-side, :]
            found.append((down[..., side:] - down[..., :-side]).to(planes.dtype).flatten(-2))
        return torch.cat(found, -1)

    def around(self, sums: Tensor, pixels: Tensor) -> Tensor:
        """Sums of the boxes around pixels over the cells inside the grid, (draws, batch, planes, pixels, boxes).

        Parameters
        ----------
        sums : (draws, batch, planes, places).
        pixels : (pixels,), or (batch, pixels): others in each row.
        """
        before, wide, place = self.offset.unbind(1)
        rows, columns = (part[..., None] for part in (pixels // self.width, pixels % self.width))
        places = before + place + rows * wide + columns
        if pixels.ndim == 1:
            return sums[..., places]
        index = places.flatten(1)[None, :, None].expand(*sums.shape[:3], -1)
        return sums.gather(-1, index).reshape(*sums.shape[:3], *places.shape[1:])
