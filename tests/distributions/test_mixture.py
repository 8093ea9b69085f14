"""A mixture of normals: chain rule, moments, draws."""

import pytest
import torch

from quintet.distributions import mixture as module
from quintet.distributions.mixture import NormalMixture
from quintet.noise import Noise


@pytest.fixture
def mixture() -> NormalMixture:
    generator = torch.Generator().manual_seed(0)
    return NormalMixture(
        torch.tensor([0.2, 0.5, 0.3]).log(),
        2 * torch.randn(3, 2, generator=generator),
        0.3 + torch.rand(3, 2, generator=generator),
    )


def test_terms_sum_to_the_log_density_of_the_textbook(mixture: NormalMixture) -> None:
    z = 2 * Noise(1, draws=5).normal(7, 2)
    components = torch.distributions.Independent(torch.distributions.Normal(mixture.loc, mixture.scale), 1)
    weights = torch.distributions.Categorical(logits=mixture.log_weight)
    truth = torch.distributions.MixtureSameFamily(weights, components).log_prob(z)
    assert torch.allclose(mixture.log_prob(z).sum(-1), truth, atol=1e-5)
    assert torch.allclose(mixture.log_density(z), truth, atol=1e-5)


def test_the_density_integrates_to_one(mixture: NormalMixture) -> None:
    line = torch.linspace(-9, 9, 301)
    grid = torch.stack(torch.meshgrid(line, line, indexing="ij"), -1)
    density = mixture.log_prob(grid).sum(-1).exp()
    assert torch.trapezoid(torch.trapezoid(density, line), line).item() == pytest.approx(1, abs=1e-3)


def test_gradients_by_matrix_products_are_those_of_the_textbook(mixture: NormalMixture) -> None:
    parts = [mixture.log_weight, mixture.loc, mixture.scale, 2 * Noise(1, draws=5).normal(7, 2)]

    def slopes(by_terms: bool) -> tuple[torch.Tensor, ...]:
        leaves = [part.double().requires_grad_() for part in parts]
        made = NormalMixture(leaves[0].log_softmax(0), *leaves[1:3])
        density = made.log_prob(leaves[3]).sum(-1) if by_terms else made.log_density(leaves[3])
        return torch.autograd.grad(density.square().sum(), leaves)

    for ours, textbook in zip(slopes(True), slopes(False), strict=True):
        assert torch.allclose(ours, textbook, atol=1e-8)


def test_moments_agree_with_draws(mixture: NormalMixture) -> None:
    z = mixture.sample_rows(40_000, Noise(2))[0]
    assert torch.allclose(z.mean(0), mixture.mean[0, 0], atol=0.03)
    assert torch.allclose(z.var(0), mixture.variance[0, 0], rtol=0.03)


def test_large_calls_in_pieces_give_the_same(mixture: NormalMixture, monkeypatch: pytest.MonkeyPatch) -> None:
    z = Noise(1, draws=5).normal(7, 2)
    whole = mixture.log_density(z)
    monkeypatch.setattr(module, "AT_ONCE", 1)
    assert torch.equal(mixture.log_density(z), whole)
