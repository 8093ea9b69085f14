"""Fixed point: the numbers of float64, with the same bits for every order, batch and number of threads."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.special
import torch
from torch import nn

from quintet.codec.arithmetic import elementary
from quintet.codec.arithmetic.exact_mode import Exact
from quintet.codec.arithmetic.fixed_point import (
    ONE,
    FixedFunction,
    FixedLinear,
    cumulative,
    fixed,
    normalised,
    normed_linear,
    on_whole_numbers,
    silu,
)
from quintet.codec.entropy.level_table import LevelTable
from quintet.codec.entropy.normal_mixture import NormalMixture


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_an_affine_map_has_no_order_and_no_batch() -> None:
    weight, bias, x = drawn(7, 300), drawn(7, seed=1), fixed(drawn(40, 300, seed=2))
    order, largest = torch.randperm(300), float(x.abs().amax())
    linear, mixed = FixedLinear(weight, bias, largest), FixedLinear(weight[:, order], bias, largest)
    for found, other in ((linear.real(x), mixed.real(x[:, order])), (linear.whole(x), mixed.whole(x[:, order]))):
        assert torch.equal(found, other)
    assert torch.equal(linear.whole(x)[3:4], linear.whole(x[3:4]))
    torch.testing.assert_close(linear.real(x), x / ONE @ weight.T + bias, rtol=0, atol=1e-4)
    assert torch.equal(linear.whole(x), linear.whole(x).round())


@pytest.mark.parametrize("size", [1.0, 1e4])
def test_sums_stay_whole_numbers_for_the_largest_inputs(size: float) -> None:
    weight = torch.full((2, 512), size, dtype=torch.float64)
    linear = FixedLinear(weight, None, 64 * ONE)
    found = linear._sums(torch.full((1, 512), 64 * ONE, dtype=torch.float64))
    assert float(found.abs().max()) <= 2.0**53


def test_normalisation_is_that_of_a_layer_and_knows_no_other_row() -> None:
    norm, out = nn.LayerNorm(24).double().requires_grad_(False), nn.Linear(24, 3).double().requires_grad_(False)
    norm.weight.copy_(drawn(24, seed=3))
    norm.bias.copy_(drawn(24, seed=4))
    x = 5 * drawn(30, 24) + 2
    rows = normalised(fixed(x), norm.eps)
    assert torch.equal(rows[4:5], normalised(fixed(x[4:5]), norm.eps))
    torch.testing.assert_close(normed_linear(norm, [out]).real(rows), out(norm(x)), rtol=0, atol=2e-3)


def test_a_function_is_its_table_within_half_a_step() -> None:
    x = torch.linspace(-70, 70, 4001, dtype=torch.float64)
    found = FixedFunction(silu)(x.clone()) / ONE
    torch.testing.assert_close(found, nn.functional.silu(x).clamp(max=64), rtol=0, atol=2e-3)


def test_cumulative_probabilities_ascend_to_one() -> None:
    logits = 5 * drawn(20, 9)
    found = cumulative(logits.clone())
    assert bool((found.diff(dim=1) >= 0).all())
    assert bool((found[:, -1] == 1).all())
    torch.testing.assert_close(found, logits.softmax(1).cumsum(1), rtol=0, atol=1e-9)


def test_the_table_of_the_normal_cdf_ascends_and_is_near_it() -> None:
    x = np.linspace(-10, 10, 100_001)
    found = elementary.ndtr_by_table(x)
    assert (np.diff(found) >= 0).all()
    np.testing.assert_allclose(found, scipy.special.ndtr(x), rtol=0, atol=6e-8)
    assert elementary.ndtr_by_table(np.array([-np.inf, np.inf])).tolist() == pytest.approx([0, 1], abs=1e-15)


def test_levels_and_mixtures_give_their_cdfs() -> None:
    table, place = cumulative(drawn(5, 4)).numpy(), np.array([[[3, 0], [1, 4]]])
    levels = LevelTable(table, place)
    edges = torch.tensor([[[-1.0, 0.0], [2.0, np.inf]]], dtype=torch.float64)
    wanted = [0.0, table[0, 0], table[1, 2], 1.0]
    assert levels.cdf(edges).flatten().tolist() == wanted
    chosen = levels.select((torch.tensor([0, 0]), torch.tensor([1, 0]), torch.tensor([0, 1])))
    assert chosen.cdf(torch.tensor([2.0, 0.0])).tolist() == [table[1, 2], table[0, 0]]
    log_weight, loc, scale = drawn(3, 1, 6, 2).log_softmax(0), drawn(3, 1, 6, 2, seed=1), drawn(3, 1, 6, 2).exp()
    mixture, x = NormalMixture.of_logs(log_weight, loc, scale), drawn(1, 6, 2, seed=5)
    truth = (log_weight.exp() * torch.special.ndtr((x - loc) / scale)).sum(0)
    torch.testing.assert_close(mixture.cdf(x), truth, rtol=0, atol=2e-7)


def test_what_is_exact_by_construction_runs_as_it_is_within_exact_arithmetic() -> None:
    x = drawn(4, 4)
    with Exact(), on_whole_numbers():
        assert torch.equal(torch.erfinv(x.clamp(-0.9, 0.9)), torch.erfinv(x.clamp(-0.9, 0.9)))
