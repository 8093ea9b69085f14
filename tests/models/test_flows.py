"""Flows: they invert, their densities integrate to one, their log determinants are those of autograd."""

import pytest
import torch
from torch import nn

from quintet.models.flows import zuko
from quintet.models.priors.flow import NormalizingFlowPrior
from quintet.noise import Noise


def crooked(module: nn.Module, seed: int = 0, by: float = 0.3) -> nn.Module:
    """Far from the identity, in float64."""
    generator = torch.Generator().manual_seed(seed)
    for p in module.parameters():
        p.data.add_(by * torch.randn(p.shape, generator=generator))
    return module.double()


@pytest.mark.parametrize("kind", zuko.KINDS)
@pytest.mark.parametrize("latent_dim", [1, 2, 5])
@pytest.mark.parametrize("context", [0, 3])
def test_a_flow_inverts_and_its_log_determinant_is_autograds(kind: str, latent_dim: int, context: int) -> None:
    layers = crooked(zuko.autoregressive(latent_dim, 2, 8, kind, context))
    x, c = Noise(1).normal(6, latent_dim)[0].double(), Noise(2).normal(6, context)[0].double() if context else None
    y, log_det = zuko.forward(layers, x, c)
    back, again = zuko.backward(layers, y, c)
    assert torch.allclose(back, x, atol=1e-9)
    assert torch.allclose(again, log_det, atol=1e-9)
    for row in range(6):
        given = None if c is None else c[row]
        slope = torch.autograd.functional.jacobian(lambda v, given=given: zuko.forward(layers, v, given)[0], x[row])
        assert slope.slogdet().logabsdet.item() == pytest.approx(log_det[row].item(), abs=1e-9)


@pytest.mark.parametrize("kind", zuko.KINDS)
def test_a_flows_density_integrates_to_one_and_its_draws_come_from_it(kind: str) -> None:
    prior = crooked(NormalizingFlowPrior(2, transforms=2, hidden=8, kind=kind), by=0.2)
    line = torch.linspace(-10, 10, 251, dtype=torch.float64)
    grid = torch.stack(torch.meshgrid(line, line, indexing="ij"), -1)
    density = prior.log_density(grid).exp()
    assert torch.trapezoid(torch.trapezoid(density, line), line).item() == pytest.approx(1, abs=5e-3)
    assert torch.allclose(prior(grid).log_prob(grid).sum(-1).exp(), density)
    mean = torch.trapezoid(torch.trapezoid(density[..., None] * grid, line, dim=1), line, dim=0)
    z = prior.sample(20_000, Noise(3))[0]
    assert torch.allclose(z.mean(0), mean, atol=0.06)
    assert torch.allclose(prior(grid).mean.flatten(), mean, atol=0.3)
    assert torch.allclose(prior(grid).variance.flatten(), z.var(0), rtol=0.4)


def test_a_flow_is_near_the_identity_at_the_start_and_is_made_where_models_are_built_without_memory() -> None:
    x = Noise(1).normal(6, 4)[0]
    for kind in zuko.KINDS:
        with torch.device("meta"):
            layers = zuko.autoregressive(4, 3, 8, kind)
        assert (zuko.forward(layers, x)[0] - x).abs().max() < 0.1


def test_autocast_does_not_reach_a_flow() -> None:
    layers, x = crooked(zuko.autoregressive(3, 2, 8, "nsf")).float(), Noise(1).normal(6, 3)[0]
    plain = zuko.forward(layers, x)[0]
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(zuko.forward(layers, x)[0], plain)
