"""The wrapped normal: it integrates to one, its steps invert, and its geometry is the ball's."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from quintet.distributions import Normal
from quintet.distributions.hyperbolic import WrappedNormal, carried
from quintet.noise import Noise


def points(rows: int, dim: int, length: float, seed: int) -> Tensor:
    return length * torch.randn(rows, dim, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def in_ball(t: Tensor, curvature: float) -> Tensor:
    """exp₀ of tangent coordinates, in the Poincaré ball."""
    length = math.sqrt(curvature) * t.norm(dim=-1, keepdim=True)
    return math.sqrt(curvature) * t * torch.tanh(length / 2) / length


def moebius(x: Tensor, y: Tensor) -> Tensor:
    """x ⊕ y in the unit ball, by its textbook formula (Ungar, 2008)."""
    xy, xx, yy = (x * y).sum(-1, keepdim=True), x.square().sum(-1, keepdim=True), y.square().sum(-1, keepdim=True)
    return ((1 + 2 * xy + yy) * x + (1 - xx) * y) / (1 + 2 * xy + xx * yy)


@pytest.mark.parametrize("curvature", [0.3, 1.0, 4.0])
def test_steps_are_moebius_additions(curvature: float) -> None:
    one, two = points(200, 3, 1.0, 0), points(200, 3, 1.0, 1)
    found = in_ball(carried(one, two, curvature), curvature)
    torch.testing.assert_close(found, moebius(in_ball(one, curvature), in_ball(two, curvature)), atol=1e-9, rtol=0)


@pytest.mark.parametrize(
    ("kind", "length", "close"), [("float64", 1.0, 1e-9), ("float64", 2.0, 1e-6), ("float32", 2.0, 1e-3)]
)
def test_a_step_and_the_step_back_invert(kind: str, length: float, close: float) -> None:
    to, v = (points(500, 4, length, seed).to(getattr(torch, kind)) for seed in (2, 3))
    torch.testing.assert_close(carried(-to, carried(to, v, 1.0), 1.0), v, atol=close, rtol=close)
    torch.testing.assert_close(carried(to, 0 * v, 1.0), to, atol=close, rtol=close)
    torch.testing.assert_close(carried(0 * to, v, 1.0), v, atol=close, rtol=close)
    assert carried(to, -to, 1.0).abs().max() < 10 * close


@pytest.mark.parametrize("curvature", [0.2, 1.0, 3.0])
def test_the_density_integrates_to_one_in_the_plane(curvature: float) -> None:
    q = WrappedNormal(*(torch.tensor(t, dtype=torch.float64)[None, None] for t in ([0.9, -1.1], [0.5, 0.8])), curvature)
    edge = torch.linspace(-9, 9, 1201, dtype=torch.float64)
    mass = q.log_prob(torch.cartesian_prod(edge, edge)[None]).sum(-1).exp().sum() * 0.015**2
    assert mass.item() == pytest.approx(1, abs=1e-3)


def test_the_density_is_that_of_draws_by_the_change_of_variables() -> None:
    loc, scale = points(1, 3, 1.0, 4)[0], points(1, 3, 0.3, 5)[0].exp()
    q = WrappedNormal(loc[None, None], scale[None, None], 1.7)
    for v in scale * points(5, 3, 1.0, 6):
        slope = torch.autograd.functional.jacobian(lambda v: carried(loc, v, 1.7), v)
        truth = Normal(torch.zeros(3), scale).log_prob(v).sum() - torch.linalg.slogdet(slope)[1]
        found = q.log_prob(carried(loc, v, 1.7)[None, None]).sum()
        torch.testing.assert_close(found, truth)


def test_at_the_origin_and_in_flat_space_it_is_a_normal() -> None:
    z, loc, scale = points(50, 4, 1.0, 7)[None], points(50, 4, 1.0, 8)[None], points(50, 4, 0.3, 9)[None].exp()
    here = WrappedNormal(0 * loc, torch.ones_like(scale), 2.0).log_prob(z).sum(-1)
    torch.testing.assert_close(here, Normal(0 * loc, torch.ones_like(scale)).log_prob(z).sum(-1))
    flat = WrappedNormal(loc, scale, 1e-6).log_prob(z).sum(-1)
    torch.testing.assert_close(flat, Normal(loc, scale).log_prob(z).sum(-1), atol=1e-3, rtol=0)


def test_draws_spread_as_the_first_order_says_and_gradients_are_finite() -> None:
    loc = torch.tensor([1.5, -0.5, 2.0], dtype=torch.float64)
    scale = torch.tensor([0.02, 0.05, 0.03], dtype=torch.float64)
    q = WrappedNormal(loc.expand(1, 20_000, 3), scale.expand(1, 20_000, 3))
    z = q.sample(Noise(0))[0]
    assert (z.mean(0) - loc).abs().max() < 0.005
    assert (z.var(0) / q.variance[0, 0] - 1).abs().max() < 0.06
    leaf = torch.cat([torch.zeros(1, 1, 3), 30 * torch.ones(1, 1, 3), 1e-9 * torch.ones(1, 1, 3)], 1).requires_grad_()
    far = WrappedNormal(leaf, torch.ones(1, 3, 3))
    z = far.sample(Noise(1))
    (far.log_prob(z).sum() + z.sum()).backward()
    assert torch.isfinite(leaf.grad).all()
    assert q.select((slice(None), slice(0, 2))).loc.shape == (1, 2, 3)
    with pytest.raises(NotImplementedError, match="are dependent"):
        q.select((0, 0, 0))
