"""Latents in hyperbolic space: a plane far out is read by its distance, and the bound is a bound."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from quintet import VAE
from quintet.data.dataset import Rows
from quintet.data.schema import Schema
from quintet.distributions.hyperbolic import WrappedNormal
from quintet.errors import InputError
from quintet.inference.likelihood import elbo, log_weights
from quintet.models.geometry.hyperbolic import GeodesicPlanes
from quintet.networks import choose_network
from quintet.variants.poincare import Poincare
from tests.laws.models import digits
from tests.shared import unmeasured


def test_planes_are_read_by_their_distance() -> None:
    """Along its own geodesic a plane is as far as the difference of lengths; one through the origin is 0 from it."""
    planes = GeodesicPlanes(3, 2, curvature=0.5)
    with torch.no_grad():
        planes.normal.copy_(torch.tensor([[0.0, 2.0, 0.0], [1.0, 1.0, 0.0]]))
        planes.away.copy_(torch.tensor([0.7, 0.0]))
        z = torch.tensor([[[0.0, 3.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 0.0], [1.0, -1.0, 5.0]]])
        found = planes(z)[0]
        near = 1e-3 * z
    torch.testing.assert_close(found[:3, 0], torch.tensor([2.3, -1.7, -0.7]), atol=1e-4, rtol=0)
    torch.testing.assert_close(found[2:, 1], torch.zeros(2), atol=1e-3, rtol=0)
    flat = near @ torch.tensor([1.0, 1.0, 0.0]) / math.sqrt(2)  # close to the origin space is flat
    torch.testing.assert_close(planes(near)[0, :, 1].detach(), flat[0], atol=1e-6, rtol=1e-3)


@pytest.fixture(scope="module")
def trained() -> VAE:
    X, _ = digits()
    plan = {"batch_size": 32, "learning_rate": 3e-3}
    network = {"kind": "mlp", "hidden": (64,)}
    with unmeasured():
        return VAE("poincare", latent_dim=2, epochs=14, network=network, training=plan, calibration=0.0).fit(X[:600])


def test_rows_spread_over_the_space_and_the_bound_tightens(trained: VAE) -> None:
    rows = Rows.of(digits()[0][600:800], trained.schema_)
    batch = rows.batch(slice(None))
    with torch.no_grad():
        q = trained.fitted_.model.posterior(batch.x, batch.observed)
    assert isinstance(q, WrappedNormal)
    assert q.loc[0].std(0).min() > 0.3
    assert q.scale.mean() < 0.5
    weights = log_weights(trained.fitted_, rows, 200)
    bounds = [(weights.unflatten(1, (-1, k)).logsumexp(2) - math.log(k)).mean().item() for k in (1, 5, 50)]
    assert bounds[0] < bounds[1] < bounds[2]
    assert elbo(trained.fitted_, rows, draws=200).mean().item() == pytest.approx(bounds[0], abs=0.1)


def test_its_rate_is_that_of_the_distance_from_the_prior(trained: VAE) -> None:
    """By draws, against the integral over the plane of tangent coordinates."""
    model = trained.fitted_.model
    batch = Rows.of(digits()[0][600:601], trained.schema_).batch(slice(None))
    edge = torch.linspace(-8, 8, 1601)
    grid = torch.cartesian_prod(edge, edge)[None]
    with torch.no_grad():
        log_q = model.posterior(batch.x, batch.observed).log_prob(grid).sum(-1)
        log_p = model.log_prior(grid)
    assert (log_q.exp().sum() * 1e-4).item() == pytest.approx(1, abs=0.01)
    assert (log_p.exp().sum() * 1e-4).item() == pytest.approx(1, abs=0.01)
    rate = (log_q.exp() * (log_q - log_p)).sum().item() * 1e-4
    assert rate > 1


def test_a_curvature_that_overflows_is_refused_with_the_largest_that_does_not() -> None:
    schema = Schema.infer(np.zeros((3, 2)))
    network = choose_network({"kind": "mlp", "hidden": (4,)}, schema.shape)
    with pytest.raises(InputError, match="give curvature="):
        Poincare(curvature=50.0).build(schema, 32, network)
    for bad, allowed in (
        (0.0, "at least 1e-6"),
        (-1.0, "at least 1e-6"),
        (math.inf, "a number"),
        (math.nan, "a number"),
    ):
        with pytest.raises(InputError, match=f"curvature must be {allowed}.*got {bad}"):
            Poincare(curvature=bad)
