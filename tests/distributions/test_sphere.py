"""The von Mises-Fisher distribution and the Bessel functions under it: against SciPy, integrals and many draws."""

from __future__ import annotations

import math

import pytest
import torch
from scipy.special import ive
from torch import Tensor

from quintet.distributions import Normal
from quintet.distributions.bessel import log_bessel
from quintet.distributions.sphere import VonMisesFisher, log_area
from quintet.noise import Noise

ARGUMENTS = torch.tensor([1e-3, 0.1, 1.0, 5.0, 30.0, 200.0, 1e3, 1e5], dtype=torch.float64)


def about(dim: int, concentration: float, rows: int = 1) -> VonMisesFisher:
    """Rows alike, their mean direction askew."""
    loc = torch.arange(1.0, dim + 1, dtype=torch.float64)
    loc = (loc / loc.norm()).expand(1, rows, dim)
    return VonMisesFisher(loc, torch.full((1, rows, 1), concentration, dtype=torch.float64))


def standard(dim: int) -> Normal:
    zero = torch.zeros(1, 1, dim, dtype=torch.float64)
    return Normal(zero, torch.ones_like(zero), standard=True)


@pytest.mark.parametrize("order", [0, 0.5, 3, 7.5, 31, 60])
def test_bessel_functions_and_their_ratio_are_scipys(order: float) -> None:
    log_i, ratio = log_bessel(order, ARGUMENTS)
    below, above = (torch.from_numpy(ive(order + k, ARGUMENTS.numpy())) for k in (0, 1))
    seen = below > 1e-290
    torch.testing.assert_close(log_i[seen], below[seen].log(), atol=1e-9, rtol=0)
    seen = above > 1e-290
    torch.testing.assert_close(ratio[seen], (above / below)[seen], atol=0, rtol=1e-9)


def test_bessel_gradients_and_extremes() -> None:
    x = torch.tensor([0.01, 1.0, 20.0, 1000.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: log_bessel(1.5, x), (x,))
    far = log_bessel(255.0, torch.tensor([1e-4, 1.0, 1e7]))
    assert all(torch.isfinite(t).all() and t.dtype == torch.float32 for t in far)


@pytest.mark.parametrize("concentration", [0.2, 3.0, 80.0])
def test_the_density_of_a_direction_integrates_to_one(concentration: float) -> None:
    turn = torch.linspace(0, 2 * math.pi, 4001, dtype=torch.float64)[:-1] + 1e-4
    circle = torch.stack([turn.cos(), turn.sin()], -1)[None]
    assert about(2, concentration).log_direction(circle).exp().mean().item() * 2 * math.pi == pytest.approx(1, abs=1e-6)
    height = torch.linspace(-1, 1, 801, dtype=torch.float64)[:-1] + 1 / 800
    across = (1 - height.square()).sqrt()[:, None]
    ball = torch.stack([across * turn[::10].cos(), across * turn[::10].sin(), height[:, None].expand(-1, 400)], -1)
    area = math.exp(log_area(3))
    assert area == pytest.approx(4 * math.pi)
    assert about(3, concentration).log_direction(ball).exp().mean().item() * area == pytest.approx(1, abs=1e-3)


def test_with_its_radius_it_is_a_density_of_the_plane() -> None:
    edge = torch.linspace(-7, 7, 1401, dtype=torch.float64)
    grid = torch.cartesian_prod(edge, edge)[None]
    mass = about(2, 3.0).log_prob(grid).sum(-1).exp().sum() * 0.01**2
    assert mass.item() == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(("dim", "concentration"), [(2, 0.5), (2, 40.0), (3, 5.0), (10, 1.0), (10, 300.0), (64, 90.0)])
def test_draws_have_the_resultant_the_moments_and_the_divergence(dim: int, concentration: float) -> None:
    q, rows = about(dim, concentration, 20_000), 20_000
    z = q.sample(Noise(0))[0]
    along = (z / z.norm(dim=-1, keepdim=True) * q.loc[0]).sum(-1)
    truth = ive(dim / 2, concentration) / ive(dim / 2 - 1, concentration)
    assert q.resultant[0, 0, 0].item() == pytest.approx(truth, rel=1e-8)
    assert abs(along.mean().item() - truth) < 4.5 * along.std().item() / math.sqrt(rows)
    assert ((z.mean(0) - q.mean[0, 0]).abs() / (q.variance[0, 0] / rows).sqrt()).max() < 4.5
    assert (z.var(0) / q.variance[0, 0] - 1).abs().max() < 0.07
    ratio = (q.log_prob(z[None]) - standard(dim).log_prob(z[None])).sum(-1)[0]
    known = about(dim, concentration).kl_to(standard(dim))
    assert known is not None
    assert abs(ratio.mean().item() - known.sum().item()) < 4.5 * ratio.std().item() / math.sqrt(rows) + 1e-9


@pytest.mark.parametrize(("dim", "concentration"), [(2, 1.0), (3, 1.0), (3, 10.0), (10, 10.0), (50, 1000.0)])
def test_gradients_of_draws_are_unbiased(dim: int, concentration: float) -> None:
    """d E[loc·u]/dκ and d/dκ E[(loc·u)²], against the slopes of their closed forms."""
    rows = 20_000
    base = about(dim, concentration, rows)
    known = base.concentration.clone().requires_grad_()
    z = VonMisesFisher(base.loc, known).sample(Noise(1))
    along = (z / z.norm(dim=-1, keepdim=True) * base.loc).sum(-1)

    def moments(k: Tensor) -> tuple[Tensor, Tensor]:
        a = log_bessel(dim / 2 - 1, k)[1]
        return a, 1 - (dim - 1) * a / k

    for power in (0, 1):
        slope = torch.autograd.grad(along[0].pow(power + 1).sum(), known, retain_graph=True)[0].flatten()
        at = torch.tensor(concentration, dtype=torch.float64, requires_grad=True)
        truth = torch.autograd.grad(moments(at)[power], at)[0].item()
        assert abs(slope.mean().item() - truth) < 4.5 * slope.std().item() / math.sqrt(rows)


def test_gradients_reach_the_direction() -> None:
    """E[loc·a] of draws moves with loc as A(κ) says, across the sphere."""
    base = about(4, 6.0, 20_000)
    loc = base.loc.clone().requires_grad_()
    z = VonMisesFisher(loc, base.concentration).sample(Noise(2))
    u = z / z.norm(dim=-1, keepdim=True)
    slope = torch.autograd.grad(u[..., 0].sum(), loc)[0].mean(1)[0]
    here = base.loc[0, 0]
    truth = base.resultant[0, 0, 0] * (torch.eye(4, dtype=torch.float64)[0] - here[0] * here)
    torch.testing.assert_close(slope - (slope @ here) * here, truth, atol=0.03, rtol=0)


def test_rows_can_be_chosen_but_not_latents() -> None:
    q = about(3, 5.0, 4)
    assert q.select((slice(None), slice(1, 3))).loc.shape == (1, 2, 3)
    with pytest.raises(NotImplementedError, match="are dependent"):
        q.select((0, 0, 0))
