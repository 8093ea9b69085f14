"""The smooth fill: near the minimum of its energy, through the visible cells, the same for a row in any batch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import ndimage
from torch import Tensor

from quintet.networks.smooth_fill import EXACT, TENSION, laplacian, smooth_fill

DRAW = torch.Generator().manual_seed(0)


def smooth_images(rows: int, height: int, width: int) -> Tensor:
    noise = np.random.default_rng(0).normal(size=(rows, 2, height, width))
    return torch.from_numpy(60 * ndimage.gaussian_filter(noise, (0, 0, 2, 2)) + 100).float()


def energy(u: Tensor, x: Tensor, visible: Tensor) -> Tensor:
    """The energy of each plane."""
    rough = laplacian(u)
    return (u * laplacian(rough + TENSION * u) + EXACT * visible * (u - x).square()).sum((-1, -2))


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_it_is_near_the_minimum_of_its_energy(share: float) -> None:
    x = smooth_images(3, 12, 16).double()
    visible = (torch.rand(x.shape, generator=DRAW, dtype=torch.float64) < share).double()
    size = 12 * 16
    operator = laplacian(torch.eye(size, dtype=torch.float64).reshape(1, size, 12, 16)).reshape(size, size)
    for row in range(3):
        own, seen = x[row : row + 1, :1], visible[row : row + 1, :1]
        weight = torch.diag(EXACT * seen.flatten())
        matrix = operator @ operator + TENSION * operator + weight
        wanted = torch.linalg.solve(matrix, weight @ own.flatten()).reshape(own.shape)
        found = smooth_fill(own, seen)
        least, start = energy(wanted, own, seen), energy(own.mean().expand_as(own), own, seen)
        assert energy(found, own, seen) - least < 1e-3 * (start - least)
        assert (found - wanted).square().mean().sqrt() < 0.1 * own.std()


def test_smooth_images_are_filled_far_better_than_by_their_mean() -> None:
    x = smooth_images(4, 32, 32)
    hidden = torch.rand(x.shape, generator=DRAW) < 0.5
    found = smooth_fill(x, (~hidden).float())
    assert (found - x)[hidden].square().mean() < 0.02 * (x.mean((-1, -2), keepdim=True) - x)[hidden].square().mean()
    assert (found - x)[~hidden].abs().max() < 0.5


def test_hidden_values_are_not_read_and_rows_are_independent() -> None:
    x = smooth_images(5, 9, 7)
    visible = (torch.rand(x.shape, generator=DRAW) < 0.5).float()
    found = smooth_fill(x, visible)
    torch.testing.assert_close(smooth_fill(torch.where(visible > 0, x, 1e6), visible), found)
    torch.testing.assert_close(smooth_fill(x[2:3], visible[2:3]), found[2:3], rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (3, 3), (33, 2)])
def test_any_size_and_any_visible_cells_have_a_finite_answer(shape: tuple[int, int]) -> None:
    x = smooth_images(4, *shape)[:, :1]
    visible = torch.ones_like(x)
    visible[1], visible[2, ..., 0] = 0, 0
    visible[3] = 0.4
    found = smooth_fill(x, visible)
    assert torch.isfinite(found).all()
    assert (found[1] == 0).all()
    torch.testing.assert_close(found[0], x[0], rtol=0, atol=1.0)
