"""Piecewise densities are those of the mixture of intervals, and their likeliest value is that of a fine search."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from quintet.distributions.piecewise import Piecewise
from tests.distributions.test_binned import binned


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_densities_are_those_of_the_intervals(seed: int) -> None:
    p = binned(seed, torch.float64)
    i = p.intervals
    x = torch.linspace(-6, 6, 501, dtype=torch.float64).reshape(-1, 1, 1).expand(-1, 1, 2)
    found = Piecewise.of(p)
    torch.testing.assert_close(found.log_prob(x), p.log_prob(x), rtol=1e-6, atol=1e-9)
    wide = p.shares[..., -1] * torch.sigmoid((x - i.centre) / i.scale)
    torch.testing.assert_close(found.cdf(x), p.cdf(x) - wide, rtol=0, atol=1e-9)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.05, 0.3]))
def test_the_likeliest_value_has_about_the_most_mass_within_reach(seed: int, reach: float) -> None:
    p = Piecewise.of(binned(seed, torch.float64))
    x = torch.linspace(-6, 6, 4001, dtype=torch.float64).reshape(-1, 1, 1).expand(-1, 1, 2)
    best = (p.cdf(x + reach) - p.cdf(x - reach)).amax(0)
    value = p.likeliest(reach)[None]
    mass = (p.cdf(value + reach) - p.cdf(value - reach))[0]
    assert (mass >= 0.5 * best).all()  # a value between two ends stands for all of its interval
    assert mass.max() <= 1 + 1e-9


def test_a_single_interval_is_uniform() -> None:
    p = Piecewise.of(binned(0, torch.float64, cells=1, pieces=1))
    low, high = p.edges[0, 0], p.edges[0, -1]
    middle = ((low + high) / 2).reshape(1, 1, 1)
    assert float(p.cdf(high.reshape(1, 1, 1))) == pytest.approx(float(1 - p.wide))
    assert float(p.cdf(middle)) == pytest.approx(float(1 - p.wide) / 2)
