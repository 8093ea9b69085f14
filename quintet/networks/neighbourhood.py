"""The pixels around each pixel of a grid, gathered as windows."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import pad


class Neighbourhood(nn.Module):
    """Windows of the pixels at most ``radius`` rows and columns away, without the pixel in the middle.

    Planes are padded by ``radius`` on every side and flattened, so that a window is one gather.

    Parameters
    ----------
    height, width : of the grid.
    radius : at least 1.
    """

    offsets: Tensor
    shift: Tensor
    near: Tensor
    earlier: Tensor
    padded_place: Tensor
    position: Tensor

    def __init__(self, height: int, width: int, radius: int) -> None:
        super().__init__()
        self.radius, self.height, self.width = radius, height, width
        side = range(-radius, radius + 1)
        offsets = torch.tensor([(dy, dx) for dy in side for dx in side if dy or dx])
        down, right = offsets.unbind(1)
        stride = width + 2 * radius
        rows, columns = torch.arange(height), torch.arange(width)
        self.register_buffer("offsets", offsets, persistent=False)
        self.register_buffer("shift", down * stride + right, persistent=False)
        near = torch.tensor([dy * stride + dx for dy in (-1, 0, 1) for dx in (-1, 0, 1)])
        self.register_buffer("near", near, persistent=False)
        self.register_buffer("earlier", (down < 0) | ((down == 0) & (right < 0)), persistent=False)
        place = (rows[:, None] + radius) * stride + columns + radius
        self.register_buffer("padded_place", place.reshape(-1), persistent=False)
        middle = torch.stack(
            [
                (2 * rows[:, None] + 1 - height).expand(-1, width) / height,
                (2 * columns + 1 - width).expand(height, -1) / width,
            ],
            -1,
        )
        self.register_buffer("position", middle.reshape(-1, 2).float(), persistent=False)

    def __len__(self) -> int:
        """Number of neighbours."""
        return len(self.shift)

    @property
    def padded_pixels(self) -> int:
        """Number of pixels of a padded plane."""
        return (self.height + 2 * self.radius) * (self.width + 2 * self.radius)

    def padded(self, planes: Tensor) -> Tensor:
        """Planes (..., height, width) with a border of 0, flattened, (..., padded pixels)."""
        return pad(planes, (self.radius,) * 4).flatten(-2)

    def around(self, padded: Tensor, pixels: Tensor, near: bool = False) -> Tensor:
        """Windows (..., channels, pixels, neighbours) of padded planes (..., channels, padded pixels).

        Parameters
        ----------
        pixels : (pixels,), places in the flat plane, the same for all rows.
        near : whether the windows are the nine pixels at and around each pixel instead.
        """
        return padded[..., self.padded_place[pixels][:, None] + (self.near if near else self.shift)]

    def around_own(self, padded: Tensor, pixels: Tensor, near: bool = False) -> Tensor:
        """Windows (batch, channels, pixels, neighbours) of padded planes (batch, channels, padded pixels).

        Parameters
        ----------
        pixels : (batch, pixels), places in the flat plane, others in each row.
        near : as in ``around``.
        """
        places = (self.padded_place[pixels][..., None] + (self.near if near else self.shift)).flatten(1)
        found = padded.gather(-1, places[:, None].expand(-1, padded.shape[1], -1))
        return found.reshape(*found.shape[:-1], pixels.shape[1], -1)

    def waves(self) -> list[list[int]]:
        """Pixels in raster order as waves: windows of a wave's pixels have no pixel of the wave, and each pixel of a
        window that is earlier in raster order is in an earlier wave."""
        step, found = self.radius + 1, dict[int, list[int]]()
        for row in range(self.height):
            for column in range(self.width):
                found.setdefault(column + step * row, []).append(row * self.width + column)
        return [found[number] for number in sorted(found)]
