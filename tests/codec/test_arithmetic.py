"""Exact arithmetic: elementary functions, sums, products and convolutions have one result, in any order."""

from __future__ import annotations

import copy
import hashlib
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.special
import torch
from torch import nn

from quintet.codec.arithmetic import elementary, sums
from quintet.codec.arithmetic.exact_mode import Exact

NUMBERS = np.concatenate(
    [np.linspace(-690, 690, 3001), np.random.default_rng(0).normal(size=3000), [0.0, -0.0, 1e-300, 1e-20, -1e-17, 1.0]]
)
FUNCTIONS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "exp": (elementary.exp, np.exp),
    "log": (elementary.log, np.log),
    "log1p": (elementary.log1p, np.log1p),
    "expm1": (elementary.expm1, np.expm1),
    "sigmoid": (elementary.sigmoid, scipy.special.expit),
    "softplus": (elementary.softplus, lambda x: np.logaddexp(0, x)),
    "tanh": (elementary.tanh, np.tanh),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_elementary_functions_are_true_to_some_1e_15(name: str) -> None:
    ours, theirs = FUNCTIONS[name]
    x = np.abs(NUMBERS) if name in ("log", "log1p") else NUMBERS
    odd = np.array([np.inf, -np.inf, np.nan])
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(ours(x), theirs(x), rtol=2e-15, atol=1e-300)
        np.testing.assert_array_equal(ours(odd), theirs(odd))


def test_cosine_and_sine_are_true_within_a_million_turns() -> None:
    x = np.concatenate([np.linspace(-30, 30, 3001), np.random.default_rng(0).uniform(-6e6, 6e6, 3000), [0.0, -0.0]])
    np.testing.assert_allclose(elementary.cos(x), np.cos(x), rtol=0, atol=4e-16)
    np.testing.assert_allclose(elementary.sin(x), np.sin(x), rtol=0, atol=4e-16)
    for function in (elementary.cos, elementary.sin):
        assert np.isnan(function(np.array([np.inf, -np.inf, np.nan]))).all()


def test_the_normal_cdf_is_true_in_the_middle_and_in_the_tails() -> None:
    x = np.linspace(-37, 9, 4001)
    np.testing.assert_allclose(elementary.ndtr(x), scipy.special.ndtr(x), rtol=1e-12)
    np.testing.assert_array_equal(elementary.ndtr(np.array([np.inf, -np.inf, np.nan])), [1, 0, np.nan])


DIGESTS = {
    "cos": "f931e130cdc25bad",
    "sin": "7cb91ae09b9d1d3a",
    "exp": "e093fc4156083edf",
    "log": "7208b5d27bc8e665",
    "sigmoid": "9ad0d747b3b04ebf",
    "softplus": "5b8eec6e6162b42f",
    "tanh": "9ae139a11ed7c090",
    "ndtr": "d684a5aab8f64708",
}
"""Of the bits when the first files were written: those files need the same bits for ever."""


@pytest.mark.parametrize("name", DIGESTS)
def test_no_bit_of_an_elementary_function_changes(name: str) -> None:
    x = np.concatenate([np.arange(-8192, 8193) / 2.0**power for power in (2, 8, 11, 20)])
    with np.errstate(all="ignore"):
        bits = getattr(elementary, name)(np.abs(x) if name == "log" else x)
    assert hashlib.sha256(bits.astype("<f8").tobytes()).hexdigest()[:16] == DIGESTS[name]


@pytest.mark.parametrize("spread", [1.0, 1e12])
def test_sums_and_products_have_no_order(spread: float) -> None:
    generator = torch.Generator().manual_seed(0)
    a = torch.randn(9, 700, generator=generator, dtype=torch.float64)
    a *= torch.where(torch.rand(a.shape, generator=generator) < 0.01, spread, 1.0)
    b = torch.randn(700, 5, generator=generator, dtype=torch.float64)
    order = torch.randperm(700, generator=generator)
    assert torch.equal(sums.product(a[:, order], b[order]), sums.product(a, b))
    assert torch.equal(sums.total(a[:, order], (1,)), sums.total(a, (1,)))
    assert torch.equal(sums.product(a[3:4], b), sums.product(a, b)[3:4])
    size = (a.abs().amax(1, keepdim=True) * b.abs().amax(0)).clamp(min=1)
    assert float(((sums.product(a, b) - a @ b) / size).abs().max()) < 1e-4
    truth = torch.tensor([math.fsum(row) for row in a.tolist()], dtype=torch.float64)
    torch.testing.assert_close(sums.total(a, (1,)), truth, rtol=1e-9, atol=1e-9)
    assert torch.equal(sums.cumulative(a, 1)[:, -1], sums.total(a, (1,)))


def test_convolutions_have_no_order() -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(3, 16, 9, 7, generator=generator, dtype=torch.float64)
    layer = nn.Conv2d(16, 6, 3, stride=2, padding=1).double().requires_grad_(False)
    order = torch.randperm(16, generator=generator)
    other = copy.deepcopy(layer)
    other.weight.data = layer.weight[:, order]
    with Exact():
        here, there, alone = layer(x), other(x[:, order]), layer(x[1:2])
    assert torch.equal(here, there)
    assert torch.equal(here[1:2], alone)
    torch.testing.assert_close(here, layer(x), rtol=0, atol=1e-5)
