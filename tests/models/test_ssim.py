"""Structural similarity: its limits, its formula on one window, holes, and every size of image."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from quintet.models.ssim import K1, K2, SPREAD, MsSsim, scales_of


def pictures(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def full(x: Tensor) -> Tensor:
    return torch.ones_like(x, dtype=torch.bool)


@pytest.mark.parametrize("shape", [(3, 1, 5, 1), (2, 3, 7, 9), (2, 1, 28, 28), (1, 1, 130, 200)])
def test_it_is_one_for_the_same_picture_and_falls_with_noise(shape: tuple[int, ...]) -> None:
    x, noise = pictures(*shape), pictures(*shape, seed=1) - 0.5
    alike = [MsSsim(1.0)(x, x + step * noise, full(x)) for step in (0.0, 0.2, 0.8)]
    torch.testing.assert_close(alike[0], torch.ones_like(alike[0]))
    assert (alike[0] > alike[1]).all()
    assert (alike[1] > alike[2]).all()


def textbook(x: Tensor, y: Tensor) -> tuple[float, float]:
    """Means over windows of luminance times structure, and of structure alone, of one picture of one channel."""
    height, width = x.shape[-2:]
    found, alone = [], []
    for i in range(height):
        for j in range(width):
            away = [(torch.arange(size) - at).double() for size, at in ((height, i), (width, j))]
            near = [torch.where(a.abs() <= 5, torch.exp(-0.5 * (a / SPREAD) ** 2), 0.0) for a in away]
            w = torch.outer(*near) / torch.outer(*near).sum()
            mx, my = (w * x[0, 0]).sum(), (w * y[0, 0]).sum()
            vx, vy = (w * (x[0, 0] - mx) ** 2).sum(), (w * (y[0, 0] - my) ** 2).sum()
            both = (w * (x[0, 0] - mx) * (y[0, 0] - my)).sum()
            c1, c2 = K1**2, K2**2
            alone.append((2 * both + c2) / (vx + vy + c2))
            found.append((2 * mx * my + c1) / (mx**2 + my**2 + c1) * alone[-1])
    return torch.stack(found).mean().item(), torch.stack(alone).mean().item()


def mixed(height: int, width: int) -> tuple[Tensor, Tensor]:
    x = pictures(1, 1, height, width)
    return x, 0.5 * x + 0.5 * pictures(1, 1, height, width, seed=1)


def test_one_scale_is_the_mean_of_the_textbook_formula() -> None:
    x, y = mixed(9, 11)
    assert MsSsim(1.0)(x, y, full(x)).item() == pytest.approx(textbook(x, y)[0], rel=1e-9)


def test_two_scales_are_weighed_as_published_and_the_luminance_is_that_of_the_coarser() -> None:
    x, y = mixed(16, 18)
    coarse, _ = textbook(*(torch.nn.functional.avg_pool2d(t, 2) for t in (x, y)))
    _, fine = textbook(x, y)
    first, second = 0.0448, 0.2856  # of Wang, Simoncelli and Bovik's five
    expected = (fine**first * coarse**second) ** (1 / (first + second))
    assert MsSsim(1.0)(x, y, full(x)).item() == pytest.approx(expected, rel=1e-9)


def test_a_shift_of_tone_costs_less_than_blur_of_the_same_squared_error() -> None:
    """What the measure is for."""
    x = 0.2 + 0.6 * (pictures(4, 1, 32, 32) > 0.5).double()
    blur = torch.nn.functional.avg_pool2d(x, 3, 1, 1, count_include_pad=False)
    error = (blur - x).square().flatten(1).mean(1).sqrt()[:, None, None, None]
    shifted, blurred = (MsSsim(1.0)(x, y, full(x)) for y in (x + error, blur))
    assert (shifted > blurred + 0.1).all()


def test_units_do_not_matter_and_holes_are_not_read() -> None:
    x, y = pictures(3, 1, 20, 17), pictures(3, 1, 20, 17, seed=2)
    torch.testing.assert_close(MsSsim(16.0)(16 * x, 16 * y, full(x)), MsSsim(1.0)(x, y, full(x)))
    observed = pictures(3, 1, 20, 17, seed=3) > 0.4
    observed[2] = False
    spoiled = torch.where(observed, x, torch.nan), torch.where(observed, y, 7.0)
    found = MsSsim(1.0)(*spoiled, observed)
    torch.testing.assert_close(found, MsSsim(1.0)(x, y, observed))
    assert found[2] == 1
    assert MsSsim(1.0)(x, x, observed) == pytest.approx(1)


def test_gradients_are_finite_even_where_pictures_are_opposites() -> None:
    x = pictures(2, 1, 16, 16)
    for y in (1 - x, torch.zeros_like(x), x.clone()):
        leaf = y.requires_grad_()
        MsSsim(1.0)(x, leaf, full(x)).sum().backward()
        assert torch.isfinite(leaf.grad).all()


def test_small_images_take_fewer_scales() -> None:
    sizes = [(5, 1), (8, 8), (15, 40), (16, 16), (28, 28), (128, 128), (1024, 1024)]
    assert [scales_of(*size) for size in sizes] == [1, 1, 1, 2, 2, 5, 5]
    assert math.log2(128 / 8) == 4
