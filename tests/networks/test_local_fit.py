"""The quadratic surface through visible neighbours: exact on quadratics, still where nothing is visible."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from quintet.codec.arithmetic.exact_mode import Exact
from quintet.networks.local_fit import LEAST, RIDGE, LocalFit
from quintet.networks.neighbourhood import Neighbourhood

OFFSETS = Neighbourhood(9, 9, 3).offsets


def test_it_solves_the_penalised_least_squares() -> None:
    draw = torch.Generator().manual_seed(0)
    x, visible = 100 * torch.rand(50, 48, generator=draw), torch.rand(50, 48, generator=draw)
    visible = visible * (torch.rand(50, 48, generator=draw) < torch.linspace(0, 1, 50)[:, None])
    down, right = OFFSETS.double().unbind(1)
    surface = torch.stack([down**0, down, right, down**2, down * right, right**2], 1)
    weight = visible.double() / (down**2 + right**2) ** 2
    penalty = torch.diag(torch.tensor([LEAST, *RIDGE[1:]], dtype=torch.float64))
    normal = torch.einsum("nk,ki,kj->nij", weight, surface, surface) + penalty
    wanted = torch.linalg.solve(normal, torch.einsum("nk,nk,ki->ni", weight, x.double(), surface))[:, 0]
    torch.testing.assert_close(LocalFit(OFFSETS)(x, visible).double(), wanted, rtol=1e-3, atol=1e-2)


@pytest.mark.parametrize("share", [0.4, 1.0])
def test_a_slope_is_continued_better_than_by_a_mean(share: float) -> None:
    x = (5 * OFFSETS[:, 0] - 3 * OFFSETS[:, 1] + 40).float().expand(30, -1)
    visible = (torch.rand(30, 48, generator=torch.Generator().manual_seed(1)) < share).float()
    visible[:, OFFSETS[:, 0] > 1] = 0  # one side is hidden, so that a mean is wrong
    weight = visible / OFFSETS.float().square().sum(1).square()
    mean = (weight * x).sum(1) / weight.sum(1)
    fitted = mean + LocalFit(OFFSETS)(x - mean[:, None], visible)
    assert (fitted - 40).abs().mean() < 0.5 * (mean - 40).abs().mean()


def test_nothing_visible_gives_nothing() -> None:
    assert not LocalFit(OFFSETS)(torch.full((3, 48), 77.0), torch.zeros(3, 48)).any()


def test_exact_arithmetic_does_not_depend_on_the_batch() -> None:
    fit = LocalFit(OFFSETS).double()
    x = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (40, 48)).astype(float))
    visible = (x > 100).double()
    with Exact(), torch.no_grad():
        whole, alone = fit(x, visible), torch.cat([fit(x[i : i + 1], visible[i : i + 1]) for i in range(40)])
    assert torch.equal(whole, alone)
    torch.testing.assert_close(whole, fit(x, visible), rtol=1e-5, atol=1e-3)  # exact products keep about 24 bits
