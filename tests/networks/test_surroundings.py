"""Sums of the boxes around a pixel: those of a loop, clipped to the grid, without the pixel itself."""

from __future__ import annotations

import pytest
import torch

from quintet.networks.surroundings import Surroundings

BOXES = [(dy, dx) for reach in (2, 1) for dy in range(-reach, reach + 1) for dx in range(-reach, reach + 1) if dy or dx]
SIZES = [(32, 32, 3), (5, 9, 3), (1, 1, 3), (28, 28, 4), (40, 7, 2)]


@pytest.mark.parametrize(("height", "width", "radius"), SIZES)
def test_sums_are_those_of_a_loop(height: int, width: int, radius: int) -> None:
    around = Surroundings(height, width, radius)
    x = torch.rand(1, 2, 3, height, width, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    pixels = torch.arange(height * width)
    found = around.around(around.sums(x), pixels)
    for pixel in pixels[:: max(1, len(pixels) // 7)].tolist():
        row, column = divmod(pixel, width)
        for box in range(len(around)):
            side, (down, right) = int(around.side[box]), BOXES[box]
            top, left = row + side * down - side // 2, column + side * right - side // 2
            rows, columns = (slice(max(first, 0), max(first + side, 0)) for first in (top, left))
            torch.testing.assert_close(found[..., pixel, box], x[..., rows, columns].sum((-1, -2)))


def test_pixels_of_each_row_are_those_of_all_rows() -> None:
    around = Surroundings(8, 11, 3)
    sums = around.sums(torch.rand(1, 4, 2, 8, 11, generator=torch.Generator().manual_seed(0)))
    pixels = torch.randint(0, 88, (4, 5), generator=torch.Generator().manual_seed(1))
    own, every = around.around(sums, pixels), around.around(sums, torch.arange(88))
    for row in range(4):
        assert torch.equal(own[:, row], every[:, row][..., pixels[row], :])


@pytest.mark.parametrize(("height", "width", "radius"), SIZES)
def test_no_box_holds_its_pixel(height: int, width: int, radius: int) -> None:
    around = Surroundings(height, width, radius)
    for pixel in range(0, height * width, 5):
        x = torch.zeros(1, 1, 1, height, width)
        x.flatten()[pixel] = 1
        assert not around.around(around.sums(x), torch.tensor([pixel])).any()


def test_together_they_reach_far() -> None:
    around, x = Surroundings(45, 45, 3), torch.zeros(1, 1, 1, 45, 45)
    x[..., 0, 0] = 1
    assert around.around(around.sums(x), torch.tensor([22 * 45 + 22])).sum() == 1
