"""Windows of a grid, and waves of pixels that do not see each other."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from quintet.networks.neighbourhood import Neighbourhood

SIZES = st.tuples(st.integers(1, 7), st.integers(1, 7), st.integers(1, 3))


@given(SIZES)
def test_windows_are_those_of_the_padded_image(size: tuple[int, int, int]) -> None:
    height, width, radius = size
    found = Neighbourhood(height, width, radius)
    plane = torch.arange(1.0, height * width + 1).reshape(1, height, width)
    windows = found.around(found.padded(plane), torch.arange(height * width))[0]
    padded = np.pad(plane[0].numpy(), radius)
    side = 2 * radius + 1
    for pixel in range(height * width):
        row, column = divmod(pixel, width)
        whole = padded[row : row + side, column : column + side].flatten()
        np.testing.assert_array_equal(windows[pixel].numpy(), np.delete(whole, side * side // 2))
    own = found.around_own(found.padded(plane[None]), torch.arange(height * width)[None])
    torch.testing.assert_close(own[0, 0], windows)


@given(SIZES)
def test_waves_have_every_pixel_once_and_see_exactly_the_earlier_ones(size: tuple[int, int, int]) -> None:
    height, width, radius = size
    found = Neighbourhood(height, width, radius)
    waves = found.waves()
    assert sorted(pixel for wave in waves for pixel in wave) == list(range(height * width))
    number = {pixel: place for place, wave in enumerate(waves) for pixel in wave}
    places = torch.arange(1.0, height * width + 1).reshape(1, height, width)
    windows = found.around(found.padded(places), torch.arange(height * width))[0].long() - 1
    for pixel, window in enumerate(windows.tolist()):
        inside = [(other, early) for other, early in zip(window, found.earlier.tolist(), strict=True) if other >= 0]
        assert all((number[other] < number[pixel]) == early for other, early in inside)
        assert all(number[other] != number[pixel] for other, _ in inside)
