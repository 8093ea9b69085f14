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
    eye that is sharp in the middle. No box holds the pixel itself. A sum is four look-ups in a table of cumulative sums
    (Crow, "Summed-area tables for texture mapping", 1984).

    Parameters
    ----------
    height, width : of the grid.
    radius : of the window, within which pixels are read one by one.
    """

    top: Tensor
    left: Tensor
    side: Tensor

    def __init__(self, height: int, width: int, radius: int) -> None:
        super().__init__()
        self.height, self.width = height, width
        boxes = []
        for count, side in ((FINE, 2 * radius - 1), (COARSE, 3 * (2 * radius - 1))):
            reach = range(-(count // 2), count // 2 + 1)
            boxes += [(dy * side - side // 2, dx * side - side // 2, side) for dy in reach for dx in reach if dy or dx]
        for name, each in zip(("top", "left", "side"), torch.tensor(boxes).unbind(1), strict=True):
            self.register_buffer(name, each, persistent=False)

    def __len__(self) -> int:
        """Number of boxes."""
        return len(self.side)

    def cumulative(self, planes: Tensor) -> Tensor:
        """Sums over all cells above and to the left, (..., (height + 1) · (width + 1)), added in float64."""
        summed = planes.double().cumsum(-1).cumsum(-2).to(planes.dtype)
        return pad(summed, (1, 0, 1, 0)).flatten(-2)

    def around(self, cumulative: Tensor, pixels: Tensor) -> Tensor:
        """Sums of the boxes around pixels over the cells inside the grid, (draws, batch, planes, pixels, boxes).

        Parameters
        ----------
        cumulative : (draws, batch, planes, cells).
        pixels : (pixels,), or (batch, pixels): others in each row.
        """
        rows, columns = (part[..., None] for part in (pixels // self.width, pixels % self.width))
        up, down = ((rows + self.top + end).clamp(0, self.height) * (self.width + 1) for end in (0, self.side))
        west, east = ((columns + self.left + end).clamp(0, self.width) for end in (0, self.side))

        def at(places: Tensor) -> Tensor:
            if pixels.ndim == 1:
                return cumulative[..., places]
            index = places.flatten(1)[None, :, None].expand(*cumulative.shape[:3], -1)
            return cumulative.gather(-1, index).reshape(*cumulative.shape[:3], *places.shape[1:])

        return at(down + east) - at(up + east) - at(down + west) + at(up + west)
