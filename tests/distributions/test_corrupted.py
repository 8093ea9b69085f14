"""Noise models against sums over every value of a cell."""

import math

import pytest
import torch

from quintet.distributions import Bernoulli, DiscretizedLogisticMixture, NegativeBinomial, Normal
from quintet.distributions.noise_models.base import CellValues
from quintet.distributions.noise_models.choose import NOISES, noise_model
from quintet.noise import Noise

LEVELS = 16
CELLS = CellValues(0.0, LEVELS - 1.0)
VALUES = torch.arange(LEVELS).float()


def clean() -> DiscretizedLogisticMixture:
    """p(x|z) of (draws, batch, cells) = (2, 3, 4)."""
    g = torch.Generator().manual_seed(0)
    parts = (torch.randn(2, 2, 3, 4, generator=g) for _ in range(3))
    logits, loc, scale = parts
    return DiscretizedLogisticMixture(logits, 8 + 5 * loc, 0.5 * scale, LEVELS)


def kernel(kind: str, rate: float) -> torch.Tensor:
    """p(x̃ | x) by the definition, (x, x̃)."""
    keep = torch.eye(LEVELS)
    if kind == "normal":
        spread = rate * (LEVELS - 1)
        edges = torch.special.ndtr((VALUES[:-1] + 0.5 - VALUES[:, None]) / spread)
        ends = torch.zeros(LEVELS, 1)
        return torch.diff(torch.cat([ends, edges, ends + 1], 1), dim=1)
    noise = {
        "replacement": torch.full((LEVELS,), 1 / LEVELS),
        "salt_pepper": 0.5 * (keep[0] + keep[-1]),
        "masking": keep[0],
    }[kind]
    return (1 - rate) * keep + rate * noise


@pytest.mark.parametrize("kind", NOISES)
@pytest.mark.parametrize("rate", [0.1, 0.4])
def test_log_prob_and_clean_mean_are_the_sums_over_x(kind: str, rate: float) -> None:
    model, likelihood, table = noise_model(kind, CELLS), clean(), clean().pmf_table()
    k = kernel(kind, rate)
    for seen in range(LEVELS):
        x = torch.full((3, 4), float(seen))
        joint = table * k[:, seen]
        assert model.log_prob(x, likelihood, rate).exp() == pytest.approx(joint.sum(-1), abs=2e-5)
        if (joint.sum(-1) > 1e-6).all():
            truth = (joint @ VALUES) / joint.sum(-1)
            assert model.clean_mean(x, likelihood, rate) == pytest.approx(truth, abs=0.03)


@pytest.mark.parametrize("kind", NOISES)
def test_corrupt_draws_what_log_prob_says(kind: str) -> None:
    model, x = noise_model(kind, CELLS), torch.full((1, 40000), 11.0)
    drawn = model.corrupt(x, 0.3, Noise(1))
    shares = torch.bincount(drawn.long().ravel(), minlength=LEVELS) / drawn.numel()
    assert shares == pytest.approx(kernel(kind, 0.3)[11], abs=0.012)


@pytest.mark.parametrize("kind", NOISES)
def test_em_finds_the_rate(kind: str) -> None:
    g = torch.Generator().manual_seed(1)
    loc = torch.rand(1, 1, 2, 3000, generator=g) * 10 + 3
    likelihood = DiscretizedLogisticMixture(torch.zeros_like(loc), loc, torch.full_like(loc, -1.0), LEVELS)
    x = likelihood.sample(Noise(2))[0]
    model, truth = noise_model(kind, CELLS), torch.tensor([0.1, 0.3])
    seen = model.corrupt(x, truth, Noise(3))
    rate, observed = torch.tensor([0.2, 0.2]), torch.ones_like(x, dtype=torch.bool)
    for _ in range(10):
        rate = model.improved(seen, likelihood, rate, observed)
    assert rate == pytest.approx(truth, abs=0.05)


def test_what_is_not_observed_does_not_move_the_rate() -> None:
    model, likelihood = noise_model("replacement", CELLS), clean()
    x, observed = torch.zeros(3, 4), torch.ones(3, 4, dtype=torch.bool)
    observed[:, 0] = False
    other = x.clone()
    other[:, 0] = 9.0
    rate = torch.full((3,), 0.2)
    assert torch.equal(*(model.improved(t, likelihood, rate, observed) for t in (x, other)))


def test_normal_through_normal_is_conjugate() -> None:
    model = noise_model("normal", CellValues(-3, 3, 1 / 256, whole=False, bounded=False))
    likelihood = Normal(torch.full((1, 1, 1), 1.0), torch.full((1, 1, 1), 2.0))
    x = torch.full((1, 1), 3.0)
    assert model.clean_mean(x, likelihood, 1.0).item() == pytest.approx(1 + 4 / 5 * 2)
    expected = -0.5 * (4 / 5) - 0.5 * math.log(2 * math.pi * 5)
    assert model.log_prob(x, likelihood, 1.0).item() == pytest.approx(expected)


def test_binary_cells_are_flipped_by_half_the_rate() -> None:
    model = noise_model("replacement", CellValues(0, 1))
    likelihood = Bernoulli(torch.full((1, 1, 1), math.log(3)))  # P(x = 1) = 3/4
    seen = model.log_prob(torch.ones(1, 1), likelihood, 0.4).exp().item()
    assert seen == pytest.approx(0.6 * 0.75 + 0.2)
    assert model.clean_mean(torch.ones(1, 1), likelihood, 0.4).item() == pytest.approx((0.6 * 0.75 + 0.2 * 0.75) / seen)


@pytest.mark.parametrize("seen", [5.0, 40.0, 55.0, 59.0, 60.0, 75.0, 100.0])
def test_counts_under_normal_noise_have_no_largest_value(seen: float) -> None:
    model = noise_model("normal", CellValues(0.0, 60.0, open=True))
    likelihood = NegativeBinomial(torch.full((1, 1, 1), math.log(45.0)), torch.full((1, 1, 1), 2.0))
    values, spread = torch.arange(1000).double(), 0.1 * 60
    upper, lower = (torch.special.ndtr((seen + end - values) / spread) for end in (0.5, -0.5))
    joint = likelihood.log_prob(values.reshape(-1, 1, 1)).exp().flatten() * (upper - lower)
    x = torch.full((1, 1), seen)
    truth = float(joint @ values / joint.sum())
    assert model.clean_mean(x, likelihood, 0.1).item() == pytest.approx(truth, rel=0.03)
    assert model.log_prob(x, likelihood, 0.1).item() == pytest.approx(joint.sum().log().item(), abs=1.0)
    assert model.corrupt(torch.full((1, 4000), seen), 0.1, Noise(0)).mean().item() == pytest.approx(seen, abs=1.0)


@pytest.mark.parametrize("spread", [3.0, 20.0, 100.0])
def test_the_closed_form_of_many_levels_is_near_the_sums(spread: float) -> None:
    draw, shape = torch.Generator().manual_seed(0), (8, 1, 20, 50)
    loc = torch.rand(1, 1, 20, 50, generator=draw) * 255 + 10 * torch.randn(shape, generator=draw)
    likelihood = DiscretizedLogisticMixture(torch.zeros(shape), loc, torch.randn(shape, generator=draw) + 1, 256)
    x, model = likelihood.sample(Noise(1))[0], noise_model("normal", CellValues(0.0, 255.0, 1.0, whole=True))
    noisy = model.corrupt(x, spread / 255, Noise(2))
    levels = torch.arange(256.0)
    upper, lower = (torch.special.ndtr((noisy[..., None] + half - levels) / spread) for half in (0.5, -0.5))
    upper = torch.where(noisy[..., None] >= 255, 1.0, upper)
    lower = torch.where(noisy[..., None] <= 0, 0.0, lower)
    joint = likelihood.pmf_table()[0] * (upper - lower)
    mean = (joint @ levels) / joint.sum(-1)
    error = (model.clean_mean(noisy, likelihood, spread / 255)[0] - mean).square().mean().sqrt()
    assert error < 0.15 * (mean - x).square().mean().sqrt()
    apart = model.log_prob(noisy, likelihood, spread / 255)[0] - joint.sum(-1).log()
    assert apart.abs().mean() < 0.05
    ends = (noisy <= 0) | (noisy >= 255)
    assert apart[ends].abs().max() < 1e-3
