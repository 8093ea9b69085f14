"""Each distribution against its definition: sums to one, closed form against Monte Carlo, cdf against mass."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from quintet.distributions import (
    Bernoulli,
    Categorical,
    ContinuousBernoulli,
    Delta,
    DiscretizedLogisticMixture,
    Distribution,
    Normal,
)
from quintet.noise import Noise

SHAPE = (2, 3, 4)  # (draws, batch, row)


def parameters(*shape: int, seed: int = 0, scale: float = 1.0) -> Tensor:
    return scale * torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def mixture(levels: int, scale: float = 2.0) -> DiscretizedLogisticMixture:
    loc = levels / 2 + parameters(3, *SHAPE, seed=1, scale=levels / 2)
    return DiscretizedLogisticMixture(
        parameters(3, *SHAPE), loc, parameters(3, *SHAPE, seed=2).abs() * scale - 1, levels
    )


def examples() -> dict[str, Distribution]:
    return {
        "normal": Normal(parameters(*SHAPE), parameters(*SHAPE, seed=1).exp()),
        "bernoulli": Bernoulli(parameters(*SHAPE)),
        "continuous_bernoulli": ContinuousBernoulli(parameters(*SHAPE, scale=4.0)),
        "categorical": Categorical(parameters(*SHAPE, 5)),
        "discretized": mixture(256),
        "discretized_few_levels": mixture(17, scale=0.5),
    }


DISCRETE = {"bernoulli": 2, "categorical": 5, "discretized": 256, "discretized_few_levels": 17}


@pytest.mark.parametrize("name", examples())
def test_shapes_and_mean_and_variance_against_samples(name: str) -> None:
    p = examples()[name]
    many = torch.cat([p.sample(Noise(seed, draws=2)) for seed in range(2000)]).unflatten(0, (2000, 2))
    assert many.shape[1:] == SHAPE
    assert p.mean.shape == SHAPE
    assert p.variance.shape == SHAPE
    error = (many.mean(0) - p.mean).abs() / (p.variance / 2000).sqrt()
    assert error.max() < 4.5
    seen = (
        p.variance > 0.05 * p.variance.median()
    )  # the spread of cells that rest on events rarer than the draws is not seen
    assert ((many.var(0) / p.variance - 1).abs()[seen]).max() < 0.35


@pytest.mark.parametrize("name", DISCRETE)
def test_masses_sum_to_one_and_cumulate_to_the_cdf(name: str) -> None:
    p, levels = examples()[name], DISCRETE[name]
    mass = torch.stack([p.log_prob(torch.full(SHAPE, float(j), dtype=torch.float64)).exp() for j in range(levels)])
    torch.testing.assert_close(mass.sum(0), torch.ones(SHAPE, dtype=torch.float64))
    below = torch.stack([p.cdf(torch.full(SHAPE, float(j), dtype=torch.float64)) for j in range(levels)])
    torch.testing.assert_close(mass.cumsum(0), below, atol=1e-9, rtol=1e-7)


@pytest.mark.parametrize("name", ["normal", "continuous_bernoulli"])
def test_density_is_the_slope_of_the_cdf(name: str) -> None:
    p = examples()[name]
    x = torch.linspace(0.05, 0.95, 7, dtype=torch.float64).view(7, 1, 1, 1)
    step = 1e-5
    slope = (p.cdf(x + step) - p.cdf(x - step)) / (2 * step)
    torch.testing.assert_close(slope, p.log_prob(x).exp(), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("logit", [-40.0, -3.0, -0.051, -0.049, -1e-9, 0.0, 0.049, 0.051, 3.0, 40.0])
def test_continuous_bernoulli_integrates_to_one_on_both_sides_of_its_series(logit: float) -> None:
    p = ContinuousBernoulli(torch.tensor([[[logit]]], dtype=torch.float64))
    x = torch.linspace(0, 1, 20001, dtype=torch.float64).view(-1, 1, 1, 1)
    density = p.log_prob(x).exp().flatten()
    assert torch.trapezoid(density, x.flatten()).item() == pytest.approx(1, abs=2e-4)
    assert torch.trapezoid(density * x.flatten(), x.flatten()).item() == pytest.approx(p.mean.item(), abs=2e-4)
    assert torch.isfinite(p.variance).all()


@settings(max_examples=50, deadline=None)
@given(
    loc=st.floats(-400, 700),
    log_scale=st.floats(math.log(0.25), 8),
    levels=st.sampled_from([2, 3, 17, 256]),
)
def test_mixture_mean_is_exact_for_any_centre_and_scale(loc: float, log_scale: float, levels: int) -> None:
    at = torch.tensor([[[[loc]]]], dtype=torch.float64)
    p = DiscretizedLogisticMixture(torch.zeros_like(at), at, torch.full_like(at, log_scale), levels)
    exact = (p.pmf_table() * torch.arange(levels)).sum(-1)
    assert abs(p.mean.item() - exact.item()) < 0.06
    table = torch.stack([p.log_prob(torch.full((1, 1, 1), float(j), dtype=torch.float64)) for j in range(levels)], -1)
    assert torch.isfinite(table).all()
    torch.testing.assert_close(table.exp(), p.pmf_table(), atol=1e-9, rtol=1e-6)


@pytest.mark.parametrize("name", examples())
def test_selecting_elements_selects_their_distribution(name: str) -> None:
    p = examples()[name]
    x = p.sample(Noise(5, draws=2))
    index = (slice(None), torch.tensor([2, 0]), slice(1, 3))
    torch.testing.assert_close(p.select(index).log_prob(x[index]), p.log_prob(x)[index])


def test_kl_of_normals_against_monte_carlo() -> None:
    q, p = (
        Normal(parameters(1, 1, 4), parameters(1, 1, 4, seed=1).exp()),
        Normal(parameters(1, 1, 4, seed=2), parameters(1, 1, 4, seed=3).exp()),
    )
    z = q.loc + q.scale * parameters(400_000, 1, 4, seed=9)
    monte_carlo = (q.log_prob(z) - p.log_prob(z)).mean(0)
    torch.testing.assert_close(q.kl_to(p), monte_carlo.unsqueeze(0), atol=0.03, rtol=0.02)


def test_kl_is_zero_for_a_point_and_unknown_for_others() -> None:
    normal = Normal(parameters(*SHAPE), torch.ones(SHAPE))
    assert Delta(parameters(*SHAPE)).kl_to(normal).abs().sum() == 0
    assert Bernoulli(parameters(*SHAPE)).kl_to(normal) is None


def test_gradients_are_finite_at_the_edges() -> None:
    for x in (0.0, 1.0, 254.0, 255.0):
        raw = [torch.tensor([[[[v]]]], requires_grad=True) for v in (0.3, -900.0, -1.0)]
        DiscretizedLogisticMixture(*raw, levels=256).log_prob(torch.full((1, 1, 1), x)).sum().backward()
        assert all(torch.isfinite(r.grad).all() for r in raw)


@pytest.mark.parametrize("log_scale", [5.0, 11.0, 30.0, 93.0, 200.0])
def test_however_wide_a_logistic_is_its_mean_and_draws_lie_within_the_levels(log_scale: float) -> None:
    """A decoder may give a component that weighs nothing a spread beyond what a float holds."""
    loc = torch.tensor([-6000.0, 100.0, 380.0]).view(1, 1, 1, 3)
    parts = torch.zeros_like(loc), loc, torch.full_like(loc, log_scale)
    p = DiscretizedLogisticMixture(*parts, levels=256)
    precise = DiscretizedLogisticMixture(*(part.double() for part in parts), levels=256).pmf_table()
    torch.testing.assert_close(p.mean.double(), precise @ torch.arange(256.0).double(), rtol=0, atol=0.002)
    draws = p.sample(Noise(0, draws=50))
    assert ((draws >= 0) & (draws <= 255)).all()
    assert len(draws.unique()) > 1
