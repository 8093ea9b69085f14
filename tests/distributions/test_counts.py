"""Counts against SciPy: mass, cdf, moments, draws, and gradients that stay finite."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from quintet.distributions import NegativeBinomial, ZeroInflated
from quintet.noise import Noise

MEANS, SIZES = (0.01, 0.7, 5.0, 400.0), (0.05, 1.0, 30.0, 1000.0)


def all_pairs(dtype: torch.dtype = torch.float64) -> NegativeBinomial:
    """(1, 4, 4): every mean with every size."""
    mean, size = torch.meshgrid(torch.tensor(MEANS, dtype=dtype), torch.tensor(SIZES, dtype=dtype), indexing="ij")
    return NegativeBinomial(mean.log()[None], size.log()[None])


def scipys(dist: NegativeBinomial) -> stats.rv_discrete:
    mean, size = dist.mean.numpy(), dist.log_size.exp().numpy()
    return stats.nbinom(size, size / (size + mean))


@pytest.mark.parametrize("x", [0.0, 1.0, 7.0, 350.0])
def test_mass_and_cdf_are_scipys(x: float) -> None:
    dist, other, at = all_pairs(), scipys(all_pairs()), torch.full((1, 4, 4), x, dtype=torch.float64)
    np.testing.assert_allclose(dist.log_prob(at), other.logpmf(x), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(dist.cdf(at), other.cdf(x), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(dist.cdf(at + 0.5), other.cdf(x), rtol=1e-9, atol=1e-12)
    narrow = all_pairs(torch.float32).log_prob(at.float())
    np.testing.assert_allclose(narrow, other.logpmf(x), rtol=2e-5, atol=2e-5)


def test_ends_of_the_cdf() -> None:
    dist = ZeroInflated(torch.zeros(1, 4, 4, dtype=torch.float64), all_pairs())
    for part in (dist, dist.counts):
        assert (part.cdf(torch.tensor(-1.0)) == 0).all()
        assert torch.allclose(part.cdf(torch.tensor(torch.inf)), torch.ones((), dtype=torch.float64))


def test_moments_are_scipys() -> None:
    dist, other = all_pairs(), scipys(all_pairs())
    np.testing.assert_allclose(dist.mean, other.mean(), rtol=1e-9)
    np.testing.assert_allclose(dist.variance, other.var(), rtol=1e-9)


def inflated() -> ZeroInflated:
    """(1, 3): a third, half and nearly none of the cells missed."""
    mean, size = torch.tensor([[2.0, 6.0, 1.0]]), torch.tensor([[0.5, 3.0, 40.0]])
    logits = torch.logit(torch.tensor([[1 / 3, 0.5, 0.01]]))
    parts = [t.double() for t in (logits, mean.log(), size.log())]
    return ZeroInflated(parts[0][None], NegativeBinomial(parts[1][None], parts[2][None]))


def test_the_inflated_mass_sums_to_one_and_gives_the_moments_and_the_cdf() -> None:
    dist, x = inflated(), torch.arange(400, dtype=torch.float64)
    mass = dist.log_prob(x[:, None, None, None]).exp()[:, 0, 0]
    torch.testing.assert_close(mass.sum(0), torch.ones(3, dtype=torch.float64))
    mean = (x[:, None] * mass).sum(0)
    torch.testing.assert_close(dist.mean[0, 0], mean)
    torch.testing.assert_close(dist.variance[0, 0], ((x[:, None] - mean).square() * mass).sum(0))
    torch.testing.assert_close(dist.cdf(torch.tensor(4.0, dtype=torch.float64))[0, 0], mass[:5].sum(0))
    assert dist.log_prob(torch.zeros(1, 1, 3, dtype=torch.float64)).exp()[0, 0, 0] > 1 / 3


def test_draws_have_the_masses() -> None:
    dist = inflated().select((slice(None), torch.zeros(20_000, dtype=torch.int64)))
    drawn = dist.sample(Noise(1))[0]
    assert torch.equal(drawn, drawn.round())
    for x in (0.0, 1.0, 4.0):
        expected = dist.log_prob(torch.tensor(x, dtype=torch.float64)).exp()[0, 0]
        torch.testing.assert_close((drawn == x).double().mean(0), expected, atol=0.015, rtol=0.0)
    torch.testing.assert_close(drawn.mean(0), dist.mean[0, 0], atol=0.0, rtol=0.06)
    assert dist.sample(Noise(0, draws=3))[:, :5].shape == (3, 5, 3)


def test_gradients_are_finite_at_the_ends_of_the_head_s_range() -> None:
    ends = torch.tensor([-15.0, 0.0, 15.0])
    logits, mean, size = (
        t.reshape(1, 1, -1).requires_grad_() for t in torch.meshgrid(ends, ends, ends / 2, indexing="ij")
    )
    for x in (0.0, 3.0, 1e6):
        log_prob = ZeroInflated(logits, NegativeBinomial(mean, size)).log_prob(torch.tensor(x))
        assert torch.isfinite(log_prob).all()
        assert all(torch.isfinite(g).all() for g in torch.autograd.grad(log_prob.sum(), (logits, mean, size)))
