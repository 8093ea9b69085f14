"""Draws within allowed values, and the probability of these: as draws of the whole distribution that are filtered."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from quintet.distributions.binned import Binned, Intervals
from quintet.distributions.levels import Levels
from quintet.distributions.restricted import restricted
from quintet.noise import Noise

DRAWS = 20_000


def levels() -> Levels:
    logits = torch.tensor([0.3, 1.0, -1.0, 2.0]).expand(1, DRAWS, 1, 4)
    return Levels(logits, torch.tensor([[True, True, True, False]]))


def numbers() -> Binned:
    """Two wide intervals, an atom within the second, and one apart."""
    ends = torch.tensor([[[0.0, 1.0], [1.0, 3.0], [2.0, 2.01], [5.0, 6.0]]])
    logits = torch.tensor([0.0, 1.0, 0.7, -0.5, 1.5]).expand(1, DRAWS, 1, 5)
    return Binned(logits, Intervals(ends[..., 0], ends[..., 1], torch.tensor([3.0]), torch.tensor([2.0])))


@pytest.mark.parametrize("codes", [[0], [1, 2], [0, 1, 2]])
def test_levels_are_as_filtered_draws(codes: list[int]) -> None:
    allowed = torch.isin(torch.arange(4), torch.tensor([*codes, 3]))  # code 3, OTHER, is never drawn
    whole = levels()
    within, log_share = restricted(whole, allowed)
    drawn, kept = within.sample(Noise(0)), whole.sample(Noise(1))
    kept = kept[torch.isin(kept, torch.tensor(codes, dtype=torch.float32))]
    assert set(drawn.unique().tolist()) == set(codes)
    assert float(log_share.exp()[0, 0]) == pytest.approx(len(kept) / DRAWS, abs=0.015)
    for code in codes:
        assert float((drawn == code).float().mean()) == pytest.approx(float((kept == code).float().mean()), abs=0.02)


@pytest.mark.parametrize(
    "ends",
    [[[0.5, 2.005]], [[2.0, 2.01]], [[0.2, 0.4], [2.5, 5.5]], [[-9.0, 9.0]], [[0.9, 1.1], [1.9, 2.1], [5.9, 9.0]]],
)
def test_numbers_are_as_filtered_draws(ends: list[list[float]]) -> None:
    allowed = torch.tensor(ends, dtype=torch.float64)
    whole = numbers()
    within, log_share = restricted(whole, allowed)
    drawn, kept = within.sample(Noise(0)).flatten(), whole.sample(Noise(1)).flatten()
    assert bool(inside(drawn, allowed).all())
    kept = kept[inside(kept, allowed)]
    assert float(log_share.exp()[0, 0]) == pytest.approx(len(kept) / DRAWS, abs=0.015)
    for share in (0.1, 0.3, 0.5, 0.7, 0.9):
        edge = kept.quantile(share)
        assert float((drawn <= edge).float().mean()) == pytest.approx(float((kept <= edge).float().mean()), abs=0.02)


def test_what_no_interval_covers_is_as_probable_as_the_wide_component_says() -> None:
    allowed = torch.tensor([[4.0, 4.1]], dtype=torch.float64)
    whole = numbers()
    within, log_share = restricted(whole, allowed)
    assert bool(inside(within.sample(Noise(0)).flatten(), allowed).all())
    density = whole.log_prob(torch.tensor(4.05))[0, 0, 0].exp()
    assert float(log_share.exp()[0, 0]) == pytest.approx(0.1 * float(density), rel=0.01)


def inside(x: Tensor, ends: Tensor) -> Tensor:
    """Whether each of x lies in an interval, up to rounding."""
    return ((x[:, None] >= ends[:, 0] - 1e-6) & (x[:, None] <= ends[:, 1] + 1e-6)).any(1)
