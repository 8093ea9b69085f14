"""A mixture of normals for each row: against PyTorch's own, its bound, moments and draws."""

import pytest
import torch

from quintet.distributions import Normal, RowMixture
from quintet.distributions import row_mixture as module
from quintet.noise import Noise


@pytest.fixture
def mixture() -> RowMixture:
    generator = torch.Generator().manual_seed(0)
    return RowMixture(
        torch.randn(2, 3, generator=generator).log_softmax(-1),
        2 * torch.randn(2, 3, 4, generator=generator),
        0.3 + torch.rand(2, 3, 4, generator=generator),
    )


def _truth(mixture: RowMixture) -> torch.distributions.MixtureSameFamily:
    components = torch.distributions.Independent(torch.distributions.Normal(mixture.loc, mixture.scale), 1)
    return torch.distributions.MixtureSameFamily(torch.distributions.Categorical(logits=mixture.log_weight), components)


def test_the_density_is_that_of_the_textbook(mixture: RowMixture, monkeypatch: pytest.MonkeyPatch) -> None:
    z = 2 * Noise(1, draws=5).normal(2, 4)
    assert torch.allclose(mixture.log_density(z), _truth(mixture).log_prob(z), atol=1e-5)
    assert torch.allclose(mixture.log_prob(z).sum(-1), mixture.log_density(z), atol=1e-5)
    whole = mixture.log_density(z)
    monkeypatch.setattr(module, "AT_ONCE", 1)
    assert torch.equal(mixture.log_density(z), whole)


def test_moments_and_draws(mixture: RowMixture) -> None:
    truth, z = _truth(mixture), mixture.sample(Noise(2, draws=40_000))
    assert torch.allclose(mixture.mean[0], truth.mean, atol=1e-5)
    assert torch.allclose(mixture.variance[0], truth.variance, atol=1e-4)
    assert torch.allclose(z.mean(0), truth.mean, atol=0.05)
    assert torch.allclose(z.var(0), truth.variance, rtol=0.05)
    near = (z.unsqueeze(-2) - mixture.loc).div(mixture.scale).square().sum(-1).argmin(-1)
    assert float((near == mixture.log_weight.argmax(-1)).float().mean()) > 0.4


def test_the_bound_is_above_the_cross_entropy_and_exact_for_one_component(mixture: RowMixture) -> None:
    target = Normal(Noise(4).normal(2, 4), torch.full((1, 2, 4), 0.5))
    estimate = -mixture.log_density(target.sample(Noise(5, draws=20_000))).mean(0)
    assert (mixture.cross_entropy_bound(target) > estimate - 0.05).all()
    one = RowMixture.of(Normal(mixture.loc[:, 0][None], mixture.scale[:, 0][None]))
    exact = target.kl_to(mixture.component(torch.zeros(1, 2, dtype=torch.long)))
    entropy = torch.distributions.Normal(target.loc, target.scale).entropy()
    assert exact is not None
    assert torch.allclose(one.cross_entropy_bound(target), (exact + entropy).sum(-1)[0], atol=1e-4)


def test_the_peak_is_the_heaviest_component_and_rows_can_be_selected(mixture: RowMixture) -> None:
    for row in range(2):
        assert torch.equal(mixture.peak.loc[0, row], mixture.loc[row, mixture.log_weight[row].argmax()])
    z = Noise(1, draws=5).normal(2, 4)
    assert torch.equal(mixture.select((slice(None), [1])).log_density(z[:, [1]]), mixture.log_density(z)[:, [1]])
