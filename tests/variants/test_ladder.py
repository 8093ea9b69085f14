"""Layers of latents: the bound is tight where it can be, every layer is in use, its closed forms are what draws say."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from quintet import VAE
from quintet.data.dataset import Rows
from quintet.data.schema import Schema
from quintet.distributions import Normal
from quintet.errors import InputError
from quintet.inference.likelihood import elbo, log_weights
from quintet.models.base import Layer, ModelOutput
from quintet.models.fitted import Fitted
from quintet.models.hierarchical.ladder import LadderModel
from quintet.models.hierarchical.top_down import layer_sizes
from quintet.models.objectives.elbo import ELBO, rate_of
from quintet.models.objectives.layers import LayeredELBO
from quintet.models.recipe import StepContext
from quintet.networks import choose_likelihood, choose_network
from quintet.noise import Noise
from quintet.variants import ladder
from tests.laws.models import digits
from tests.shared import unmeasured

CELLS, VARIANCE = 5, 0.5  # the "mse" likelihood is a normal of variance 1/2
SLOPE, SPREAD = np.array([1.2, -0.8]), np.array([0.6, 1.5])


def _linear(weight: np.ndarray, bias: np.ndarray) -> nn.Linear:
    made = nn.Linear(*weight.shape[::-1])
    made.weight.copy_(torch.from_numpy(weight))
    made.bias.copy_(torch.from_numpy(bias))
    return made


@torch.no_grad()
def linear_gaussian(gap: float) -> tuple[Fitted, Rows, np.ndarray]:
    """One latent over two, z₂ = slope z₁ + spread e, x = W z + noise; q is the true posterior but for ``gap``."""
    rng = np.random.default_rng(0)
    w = np.linalg.qr(rng.normal(size=(CELLS, 3)))[0] * [1.5, 0.7, 1.1]
    w[:, 0] += 0.4 * w[:, 1]  # of the lower layer alone the columns are orthogonal, so that its q is diagonal
    prior = np.block([[np.ones((1, 1)), SLOPE[None]], [SLOPE[:, None], np.outer(SLOPE, SLOPE) + np.diag(SPREAD**2)]])
    x = rng.multivariate_normal(np.zeros(3), prior, 60) @ w.T + math.sqrt(VARIANCE) * rng.normal(size=(60, CELLS))
    schema = Schema.infer(x).model_copy(update={"loc": (0.0,) * CELLS, "scale": (1.0,) * CELLS})
    network = choose_network((lambda shape: nn.Flatten(), lambda d, out: nn.Linear(d, math.prod(out))), schema.shape)
    model = LadderModel(schema, (1, 2), network, choose_likelihood("mse", "real", 256, 1))
    after = np.linalg.inv(np.linalg.inv(prior) + w.T @ w / VARIANCE)
    to_mean = after @ w.T / VARIANCE
    on_top = after[1:, :1] / after[0, 0]  # E[z₂ | z₁, x] = E[z₂|x] + on_top (z₁ - E[z₁|x])
    own = np.diag(after[1:, 1:] - on_top @ after[:1, 1:])
    to_lower = np.concatenate([to_mean[1:] - on_top @ to_mean[:1], on_top], 1)
    model.decoder[0] = _linear(w, np.zeros(CELLS))
    model.prior.steps[0] = _linear(np.r_[SLOPE, 0, 0][:, None], np.r_[0, 0, np.log(SPREAD)])
    model.head.direct[0] = _linear(np.stack([to_mean[0], 0 * to_mean[0]]), np.r_[gap, np.log(after[0, 0]) / 2])
    model.head.direct[1] = _linear(np.zeros((4, CELLS)), np.zeros(4))
    model.head.steps[0] = _linear(np.r_[to_lower, 0 * to_lower], np.r_[0, 0, np.log(own) / 2])
    covariance = torch.from_numpy(w @ prior @ w.T + VARIANCE * np.eye(CELLS))
    truth = torch.distributions.MultivariateNormal(torch.zeros(CELLS).double(), covariance).log_prob(torch.tensor(x))
    return Fitted(schema, model.eval().requires_grad_(False)), Rows.of(x, schema), truth.numpy()


def test_with_the_true_posterior_every_draw_gives_log_p_in_closed_form() -> None:
    fitted, rows, truth = linear_gaussian(gap=0.0)
    weights = log_weights(fitted, rows, 5)
    assert weights.numpy() == pytest.approx(np.repeat(truth[:, None], 5, 1), abs=1e-3)


def test_off_it_the_bounds_rise_to_log_p() -> None:
    fitted, rows, truth = linear_gaussian(gap=0.4)
    bound = elbo(fitted, rows, draws=300).mean().item()
    below = float(0.4**2 / (2 * fitted.model.posterior(rows.values[:1], torch.ones(1, CELLS).bool()).variance[0, 0, 0]))
    assert bound == pytest.approx(truth.mean() - below, abs=0.1)
    weights = log_weights(fitted, rows, 4000)
    bounds = [(weights.unflatten(1, (-1, k)).logsumexp(2) - math.log(k)).mean().item() for k in (1, 5, 4000)]
    assert bound == pytest.approx(bounds[0], abs=0.1)
    assert bounds[0] < bounds[1] - 0.05 < truth.mean() - 0.05
    assert bounds[2] == pytest.approx(truth.mean(), abs=0.03)


@pytest.fixture(scope="module")
def trained() -> VAE:
    X, _ = digits()
    plan = {"batch_size": 32, "learning_rate": 3e-3}
    network = {"kind": "mlp", "hidden": (64,)}
    three = ladder.Ladder(layers=3, free_bits=1.0)
    with unmeasured():
        return VAE(three, latent_dim=9, epochs=16, network=network, training=plan, calibration=0.0).fit(X[:600])


def test_every_layer_is_in_use_and_its_rates_are_what_draws_say(trained: VAE) -> None:
    model, rows = trained.fitted_.model, Rows.of(digits()[0][800:900], trained.schema_).batch(slice(None))
    with torch.no_grad():
        draw = model.draw(rows.x, rows.observed, Noise(0, draws=400))
        z = torch.cat([layer.z for layer in draw.layers], -1)
        q = model.posterior(rows.x, rows.observed)
        drawn = (q.log_prob(z).sum(-1) - model.log_prior(z)).mean(0)
        closed_form = sum(rate_of(layer).sum(-1) for layer in draw.layers)
    assert [layer.z.shape[-1] for layer in draw.layers] == [2, 3, 4]
    assert min(rate_of(layer).sum(-1).mean().item() for layer in draw.layers) > 0.5
    torch.testing.assert_close(drawn, closed_form, atol=1.0, rtol=0)
    assert drawn.mean().item() == pytest.approx(closed_form.mean().item(), abs=0.05)


def test_layers_below_depend_on_those_above(trained: VAE) -> None:
    """The prior of the lower layers has learnt something of the upper ones, and sampling is that prior's."""
    prior = trained.fitted_.model.prior
    with torch.no_grad():
        z = prior.sample(4000, Noise(1))
        given = prior(z)
    assert given.mean[0, :, 2:].std(0).max() > 0.1
    whitened = (z - given.mean) / given.variance.sqrt()
    assert whitened.mean().abs() < 0.03
    assert abs(whitened.std().item() - 1) < 0.02


def test_balance_charges_what_says_much_and_free_bits_charge_nothing_below_them() -> None:
    fitted, rows, _ = linear_gaussian(gap=0.0)
    model = fitted.model
    full = torch.ones_like(rows.values).bool()
    draw = model.draw(rows.values, full, Noise(0))
    plain, late = (f(rows.values, full, draw) for f in (ELBO(), LayeredELBO()))
    torch.testing.assert_close(plain.loss, late.loss)
    torch.testing.assert_close(LayeredELBO(balance=0.3)(rows.values, full, draw, StepContext(5, 10)).loss, plain.loss)
    sums = torch.stack([rate_of(layer).sum(-1).mean() for layer in draw.layers])
    gamma = sums * torch.tensor([1.0, 2.0])
    gamma = gamma / gamma.mean()
    early = LayeredELBO(balance=0.3)(rows.values, full, draw, StepContext(0, 10))
    owed = sum(weight * rate_of(layer).sum(-1) for weight, layer in zip(gamma, draw.layers, strict=True))
    torch.testing.assert_close(early.loss - early.distortion, owed, rtol=0.02, atol=0.01)
    assert not torch.allclose(early.loss, plain.loss, rtol=0.02)
    free = LayeredELBO(free_bits=float(sums.max()) + 0.1)(rows.values, full, draw)
    assert (free.loss - free.distortion).mean().item() == pytest.approx(2 * (sums.max().item() + 0.1), rel=1e-5)
    layer = draw.layers[0]
    shifted = layer.posterior.loc.clone().requires_grad_()
    moved = ModelOutput((Layer(layer.z, Normal(shifted, layer.posterior.scale), layer.prior),), draw.likelihood)
    assert not LayeredELBO(free_bits=100.0)(rows.values, full, moved).loss.requires_grad


@pytest.mark.parametrize(("latents", "layers"), [(32, 3), (8, 8), (4, 3), (2, 5), (7, 6), (1, 1)])
def test_latents_are_divided_few_on_top(latents: int, layers: int) -> None:
    sizes = layer_sizes(latents, layers)
    assert sum(sizes) == latents
    assert min(sizes) >= 1
    assert list(sizes) == sorted(sizes)
    assert len(sizes) == min(latents, layers)


def test_options_are_checked_in_a_sentence() -> None:
    schema = Schema.infer(np.zeros((3, 2)))
    network = choose_network({"kind": "mlp", "hidden": (4,)}, schema.shape)
    with pytest.raises(InputError, match=r"must sum to latent_dim=5, got .*: give latent_dim=6"):
        ladder.Ladder(layers=(2, 4)).build(schema, 5, network)
    for bad in ({"layers": 0}, {"layers": (2, 0)}, {"balance": 2.0}, {"free_bits": -1.0}, {"modes": 0}):
        with pytest.raises(InputError, match=r"must be.* got"):
            ladder.Ladder(**bad)
