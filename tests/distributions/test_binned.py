"""Mixtures of intervals: the density integrates to one, its integral is the cdf, and moments are those of draws."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from quintet.distributions.binned import ABSENT, Binned, Intervals
from quintet.noise import Noise

DTYPES = [torch.float32, torch.float64]
NODES, WEIGHTS = np.polynomial.legendre.leggauss(12)


def binned(seed: int, dtype: torch.dtype, cells: int = 2, pieces: int = 4) -> Binned:
    """Cells whose intervals overlap, one of them lacking its last interval, with random shares over one row."""
    rng = np.random.default_rng(seed)
    low = rng.uniform(-3, 3, (cells, pieces))
    high = low + np.exp(rng.uniform(-5, 1, (cells, pieces)))
    high[0, -1] = low[0, -1]
    logits = rng.normal(0, 2, (1, 1, cells, pieces + 1))
    logits[..., 0, pieces - 1] = ABSENT
    ends = torch.from_numpy(low), torch.from_numpy(high)
    wide = torch.from_numpy(rng.normal(0, 1, cells)), torch.from_numpy(np.exp(rng.normal(0, 0.5, cells)))
    made = Intervals(*ends, *wide).to(torch.zeros((), dtype=dtype))
    return Binned(torch.from_numpy(logits).to(dtype), made)


def edges(p: Binned, cell: int) -> Tensor:
    """Points between which the density is smooth, far into both tails."""
    i = p.intervals
    fine = torch.linspace(-1, 1, 81, dtype=torch.float64).pow(3) * 40 * float(i.scale[cell]) + float(i.centre[cell])
    return torch.cat([i.low[cell].double(), i.high[cell].double(), fine]).sort().values


def at(p: Binned, cell: int, x: Tensor, name: str) -> Tensor:
    """``log_prob`` or ``cdf`` of one cell at points (k,)."""
    points = x.to(p.logits.dtype).reshape(-1, 1, 1).expand(-1, 1, p.logits.shape[2])
    found: Tensor = getattr(p, name)(points)[:, 0, cell].double()
    return found


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(DTYPES), st.integers(0, 1))
def test_the_density_integrates_to_one_and_to_the_cdf(seed: int, dtype: torch.dtype, cell: int) -> None:
    p = binned(seed, dtype)
    ends = edges(p, cell)
    low, width = ends[:-1], ends.diff()
    points = low[:, None] + width[:, None] * torch.from_numpy((NODES + 1) / 2)
    density = at(p, cell, points.flatten(), "log_prob").exp().reshape(points.shape)
    mass = (density * torch.from_numpy(WEIGHTS / 2)).sum(1) * width
    close = 1e-6 if dtype == torch.float64 else 2e-4
    assert float(mass.sum()) == pytest.approx(1, abs=close)
    cdf = at(p, cell, ends, "cdf")
    torch.testing.assert_close(cdf[0] + mass.cumsum(0), cdf[1:], rtol=0, atol=5 * close)
    assert float(cdf[-1]) == pytest.approx(1, abs=close)
    assert float(cdf[0]) == pytest.approx(0, abs=close)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("seed", [1, 2])
def test_moments_are_those_of_draws_which_lie_in_intervals(dtype: torch.dtype, seed: int) -> None:
    p, n = binned(seed, dtype), 40_000
    many = Binned(p.logits.expand(1, n, -1, -1), p.intervals)
    drawn = many.sample(Noise(seed))[0].double()
    assert drawn.shape == (n, 2)
    off = (drawn.mean(0) - p.mean[0, 0]) / (p.variance[0, 0].double() / n).sqrt()
    assert (off.abs() < 4).all()
    spread = (drawn - drawn.mean(0)).square()
    off = (spread.mean(0) - p.variance[0, 0]) / (spread.std(0) / n**0.5)
    assert (off.abs() < 4).all()
    i, slack = p.intervals, 1e-6
    inside = (drawn[..., None] >= i.low - slack) & (drawn[..., None] <= i.high + slack) & (i.high > i.low)
    assert inside.any(-1).all(), "the wide component is never drawn"


@pytest.mark.parametrize("dtype", DTYPES)
def test_shares_of_draws_are_those_of_the_intervals(dtype: torch.dtype) -> None:
    """Of intervals that do not overlap."""
    low = torch.tensor([[0.0, 1.0, 2.0]], dtype=dtype)
    p = Binned(
        torch.tensor([0.0, 1.0, -1.0, 3.0], dtype=dtype).expand(1, 20_000, 1, 4),
        Intervals(low, low + 0.5, torch.ones(1, dtype=dtype), torch.ones(1, dtype=dtype)),
    )
    counts = p.sample(Noise(0)).floor().flatten().long().bincount(minlength=3).double()
    wanted = torch.tensor([0.0, 1.0, -1.0]).softmax(0).double() * 20_000
    assert ((counts - wanted).abs() < 4 * wanted.sqrt()).all()


def test_a_selected_cell_is_that_cell() -> None:
    p, x = binned(3, torch.float64), torch.tensor([[[0.3, -0.2]]], dtype=torch.float64)
    index = torch.tensor([0]), torch.tensor([0]), torch.tensor([1])
    assert torch.equal(p.select(index).log_prob(x[0, 0, 1:]), p.log_prob(x)[0, 0, 1:])
