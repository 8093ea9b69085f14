"""Posteriors with a flow: the density of any z, its gradient, and what a selection keeps."""

import pytest
import torch

from quintet.distributions.transformed import Transformed
from quintet.models.posteriors.flow import KINDS, NormalizingFlowPosterior
from quintet.noise import Noise
from tests.models.test_flows import crooked


def posterior(kind: str, latent_dim: int, rows: int = 3) -> Transformed:
    """A posterior far from normal, float64."""
    torch.manual_seed(0)
    head = crooked(NormalizingFlowPosterior(6, latent_dim, kind, transforms=3, hidden=8), by=0.15)
    q: Transformed = head(Noise(4).normal(rows, 6)[0].double())
    return q


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("latent_dim", [1, 2, 5])
def test_the_density_of_a_draw_and_of_the_same_place_given_from_outside_agree(kind: str, latent_dim: int) -> None:
    q = posterior(kind, latent_dim)
    z = q.sample(Noise(5, draws=4))
    kept, found = q.log_density(z), q.log_density(z.clone())
    assert kept is q.log_density(z)  # no second pass
    assert torch.allclose(kept.expand_as(found), found, atol=1e-8)
    assert torch.allclose(q.log_prob(z).sum(-1), kept, atol=1e-10)
    assert torch.allclose(q.select((slice(None), [2])).log_density(z[:, [2]]), found[:, [2]], atol=1e-10)
    assert torch.equal(q.mean, q.select((slice(None),)).mean)


@pytest.mark.parametrize("kind", KINDS)
def test_the_density_integrates_to_one(kind: str) -> None:
    q = posterior(kind, 2, rows=1)
    spread = q.variance[0, 0].sqrt()
    line = torch.linspace(-8, 8, 201, dtype=torch.float64)
    grid = torch.stack(torch.meshgrid(line, line, indexing="ij"), -1) * spread + q.mean[0, 0]
    density = q.log_density(grid.reshape(-1, 1, 2)).reshape(201, 201).exp() * spread.prod()
    assert torch.trapezoid(torch.trapezoid(density, line), line).item() == pytest.approx(1, abs=1e-2)


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_of_a_foreign_points_density_are_those_of_differences(kind: str) -> None:
    q = posterior(kind, 2, rows=1)
    z = (q.mean + 0.3 * q.variance.sqrt()).detach().requires_grad_()
    loc = q.loc.detach().requires_grad_()
    q.loc = loc
    slopes = torch.autograd.grad(q.log_density(z).sum(), [z, loc])
    step = 1e-5

    def at(place: torch.Tensor, centre: torch.Tensor) -> float:
        q.loc = centre
        return q.log_density(place).item()

    for i in range(2):
        move = torch.zeros_like(z)
        move[..., i] = step
        of_place = (at(z + move, loc) - at(z - move, loc)) / (2 * step)
        of_centre = (at(z, loc + move) - at(z, loc - move)) / (2 * step)
        assert slopes[0][..., i].item() == pytest.approx(of_place, rel=1e-4, abs=1e-5)
        assert slopes[1][..., i].item() == pytest.approx(of_centre, rel=1e-4, abs=1e-5)


def test_a_planar_map_never_folds() -> None:
    head = NormalizingFlowPosterior(4, 3, "planar", transforms=2, hidden=8)
    head.flow.head.weight.data.mul_(100)
    q = head(Noise(6).normal(200, 4)[0])
    assert ((q.flow.u * q.flow.w).sum(-1) > -0.9999).all()
    line = torch.linspace(-3, 3, 200)
    for row in range(20):  # along w the map only grows
        u, w, b = q.flow.u[0, row, 0], q.flow.w[0, row, 0], q.flow.b[0, row, 0]
        a = line + (w @ u) * torch.tanh(line + b)
        assert (a.diff() > 0).all()
    z = q.sample(Noise(7))
    assert torch.isfinite(q.log_density(z)).all()
    assert torch.isfinite(q.log_density(z + 0.01)).all()
