"""Cells of levels: probabilities of all codes sum to one, and draws, mode and cdf are those of the probabilities."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from quintet.distributions.levels import IMPOSSIBLE, Levels
from quintet.noise import Noise

DTYPES = [torch.float32, torch.float64]
CODES = (4, 2, 5)
"""Of three cells; the last code of the first one is ``OTHER``."""


def levels(seed: int, dtype: torch.dtype, rows: int = 1) -> Levels:
    logits = 2 * torch.randn(1, 1, 3, 5, generator=torch.Generator().manual_seed(seed), dtype=dtype)
    exists = torch.arange(5) < torch.tensor(CODES)[:, None]
    drawn = exists.clone()
    drawn[0, 3] = False
    return Levels(logits.masked_fill(~exists, IMPOSSIBLE).expand(1, rows, 3, 5), drawn)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(DTYPES))
def test_probabilities_sum_to_one_and_to_the_cdf(seed: int, dtype: torch.dtype) -> None:
    p = levels(seed, dtype)
    close = 1e-5 if dtype == torch.float32 else 1e-12
    for cell, count in enumerate(CODES):
        code = torch.arange(count, dtype=dtype).reshape(-1, 1, 1).expand(-1, 1, 3)
        mass = p.log_prob(code)[:, 0, cell].exp()
        assert float(mass.sum()) == pytest.approx(1, abs=close)
        torch.testing.assert_close(p.cdf(code)[:, 0, cell], mass.cumsum(0), rtol=0, atol=close)
        torch.testing.assert_close(p.shares[0, 0, cell, :count], mass, rtol=0, atol=close)


@pytest.mark.parametrize("dtype", DTYPES)
def test_draws_have_the_probabilities_of_the_codes_that_can_be_drawn(dtype: torch.dtype) -> None:
    n, p = 20_000, levels(5, dtype, 20_000)
    drawn = p.sample(Noise(1))[0].long()
    for cell, count in enumerate(CODES):
        can = count - (cell == 0)
        found = drawn[:, cell].bincount(minlength=5).double()
        mass = p.shares[0, 0, cell, :can].double()
        wanted = n * mass / mass.sum()
        assert found[can:].sum() == 0
        assert ((found[:can] - wanted).abs() < 4 * wanted.sqrt()).all()
        mode = int(mass.argmax())
        assert int(p.mean[0, 0, cell]) == mode
        assert float(p.variance[0, 0, cell]) == pytest.approx(1 - float(mass[mode] / mass.sum()), abs=1e-6)


def test_a_code_that_a_cell_does_not_have_has_no_probability() -> None:
    p, x = levels(0, torch.float64), torch.full((1, 1, 3), 9.0, dtype=torch.float64)
    assert torch.isfinite(p.log_prob(x)).all()
    assert (p.log_prob(x)[0, 0, :2] < -1e8).all()
