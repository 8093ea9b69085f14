"""Paths are reversible and keep volume, their bound is one, and it lies above that of the normal they start from."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from quintet import VAE
from quintet.data.dataset import Rows
from quintet.data.schema import Schema
from quintet.distributions import Bernoulli, Normal
from quintet.distributions.transported import Transported
from quintet.errors import InputError
from quintet.models.hamiltonian.leapfrog import TEMPERINGS, Leapfrog
from quintet.models.hamiltonian.metrics import Centroids, EuclideanMetric
from quintet.models.objectives.elbo import ELBO, distortion_of
from quintet.networks import choose_network
from quintet.noise import Noise
from quintet.variants.hamiltonian import Hamiltonian
from tests.laws.models import SMALL, digits
from tests.shared import unmeasured

LATENTS = 3


def _potential(z: Tensor) -> Tensor:
    """Neither quadratic nor even."""
    return (z.square() / 2 + (1.3 * z).sin() + z * z.roll(1, -1) / 3).sum(-1)


def _leapfrog(metric: str, tempering: str = "none", steps: int = 3) -> Leapfrog:
    torch.manual_seed(0)
    kind = Centroids(LATENTS, 4) if metric == "riemannian" else EuclideanMetric()
    leapfrog = Leapfrog(LATENTS, steps, 0.5, tempering, kind).double()
    with torch.no_grad():
        for parameter in leapfrog.parameters():
            parameter.add_(0.5 * torch.randn_like(parameter))
    return leapfrog


@pytest.mark.parametrize("metric", ["euclidean", "riemannian"])
def test_the_path_back_ends_where_the_path_began(metric: str) -> None:
    leapfrog, noise = _leapfrog(metric), Noise(0, draws=2)
    z, momentum = noise.normal(5, LATENTS).double(), noise.normal(5, LATENTS).double()
    spread = torch.full((1, 5, LATENTS), 0.7).double()
    end, last = leapfrog.travel(_potential, z, momentum, spread)
    assert (end - z).abs().mean() > 0.1
    back, first = leapfrog.travel(_potential, end, -last, spread)
    torch.testing.assert_close(back, z)
    torch.testing.assert_close(-first, momentum)


@pytest.mark.parametrize("tempering", TEMPERINGS)
@pytest.mark.parametrize("metric", ["euclidean", "riemannian"])
def test_volume_shrinks_by_the_cooling_alone(metric: str, tempering: str) -> None:
    leapfrog = _leapfrog(metric, tempering)
    spread = torch.tensor([[[0.7, 0.4, 1.1]]]).double()

    def travel(both: Tensor) -> Tensor:
        z, momentum = leapfrog.travel(_potential, *both.view(2, 1, 1, LATENTS), spread)
        return torch.cat([z.flatten(), momentum.flatten()])

    jacobian = torch.autograd.functional.jacobian(travel, torch.randn(2 * LATENTS).double())
    cold = leapfrog.cooling().prod().item()
    assert (cold == 1) == (tempering == "none")
    assert torch.linalg.det(jacobian).item() == pytest.approx(cold**LATENTS, rel=1e-8)


@pytest.mark.parametrize("tempering", TEMPERINGS)
@pytest.mark.parametrize("metric", ["euclidean", "riemannian"])
def test_weights_along_paths_estimate_p_of_x_without_bias(metric: str, tempering: str) -> None:
    """p(x, z) = exp(-|z - 1|²) has the sum π^(3/2); a wrong density or volume moves the estimate."""
    leapfrog, draws = _leapfrog(metric, tempering), 20_000
    noise, spread = Noise(1, draws=draws), torch.full((1, 1, LATENTS), 0.9).double()

    def potential(z: Tensor) -> Tensor:
        return (z - 1).square().sum(-1)

    begin = Normal(torch.full_like(spread, 0.6), spread)
    start = begin.sample(noise)
    with torch.no_grad():
        end, extra = leapfrog(potential, start, noise.normal(1, LATENTS).double(), spread)
    weights = (-potential(end) - (begin.log_prob(start) + extra).sum(-1)).exp()
    error = float(weights.std()) / math.sqrt(draws)
    assert weights.mean().item() == pytest.approx(math.pi**1.5, abs=4 * error)
    assert error < 0.05 * math.pi**1.5


@pytest.mark.parametrize("metric", ["euclidean", "riemannian"])
def test_the_bound_of_the_paths_is_above_that_of_the_normal_they_start_from(metric: str) -> None:
    X, _ = digits()
    plan = {**SMALL, "epochs": 8, "calibration": 0.0}
    with unmeasured():
        vae = VAE(Hamiltonian(metric=metric), **plan).fit(X[:600])
    batch = Rows.of(X[600:800], vae.schema_).batch(slice(None))
    model = vae.fitted_.model
    with torch.no_grad():
        moved = model.draw(batch.x, batch.observed, Noise(0, draws=4))
        path = moved.layers[0].posterior
        assert isinstance(path, Transported)
        start = path.begin.sample(Noise(0, draws=4))
        rate = (path.begin.log_prob(start) - moved.layers[0].prior.log_prob(start)).sum(-1).mean(0)
        given = -model.decode(start).log_prob(batch.x).flatten(2).sum(-1).mean(0)
        terms = ELBO()(batch.x, batch.observed, moved)
    gained = given + rate - terms.loss  # of each row, from the same draws
    assert gained.mean() > 4 * gained.std() / len(gained) ** 0.5
    assert not torch.equal(moved.layers[0].z, start)
    assert distortion_of(batch.x, batch.observed, moved).mean() == pytest.approx(float(terms.distortion.mean()))


def test_gradients_flow_through_the_slopes_of_every_likelihood() -> None:
    rng = np.random.default_rng(0)
    rows = {"bernoulli": rng.integers(0, 2, (6, 4)), "continuous_bernoulli": rng.random((6, 2, 2))}
    for likelihood, X in rows.items():
        schema = Schema.infer(X)
        chosen = Hamiltonian(likelihood=likelihood)
        recipe = chosen.build(schema, 2, choose_network({"kind": "mlp", "hidden": (8,)}, schema.shape))
        batch = Rows.of(X, schema).batch(slice(None))
        draw = recipe.model.draw(batch.x, batch.observed, Noise(0))
        ELBO()(batch.x, batch.observed, draw).loss.sum().backward()
        assert all(p.grad is not None and p.grad.isfinite().all() for p in recipe.model.parameters())


def test_the_second_slope_of_a_bernoulli_is_that_of_its_formula() -> None:
    logits, x = torch.randn(1, 4, 3, requires_grad=True, dtype=torch.float64), torch.rand(4, 3, dtype=torch.float64)
    assert torch.autograd.gradgradcheck(lambda a: Bernoulli(a).log_prob(x), (logits,))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"steps": 0}, "steps must be at least 1, got 0"),
        ({"step_size": 1.0}, "below 1"),
        ({"tempering": "hot"}, "fixed, free, none"),
        ({"metric": "riemann"}, "'riemannian'"),
    ],
)
def test_bad_options_are_refused(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        Hamiltonian(**options)
