"""Latents on a sphere: only the direction is read, and the posterior spreads over the whole of it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from quintet import VAE
from quintet.data.dataset import Rows
from quintet.data.schema import Schema
from quintet.distributions import Normal
from quintet.distributions.sphere import VonMisesFisher
from quintet.errors import InputError
from quintet.inference.likelihood import elbo, log_weights
from quintet.networks import choose_network
from quintet.noise import Noise
from quintet.variants.sphere import Sphere
from tests.laws.models import digits
from tests.shared import unmeasured


@pytest.fixture(scope="module")
def trained() -> VAE:
    X, _ = digits()
    plan = {"batch_size": 32, "learning_rate": 3e-3}
    network = {"kind": "mlp", "hidden": (64,)}
    with unmeasured():
        return VAE("sphere", latent_dim=6, epochs=14, network=network, training=plan, calibration=0.0).fit(X[:600])


def test_the_decoder_reads_the_direction_alone(trained: VAE) -> None:
    z = torch.randn(1, 7, 6, generator=torch.Generator().manual_seed(0))
    model = trained.fitted_.model
    with torch.no_grad():
        torch.testing.assert_close(model.decode(z).mean, model.decode(3.7 * z).mean, atol=1e-4, rtol=0)
        assert not torch.allclose(model.decode(z).mean, model.decode(-z).mean, atol=0.1)


def test_training_uses_the_sphere_and_the_bound_is_the_mean_weight(trained: VAE) -> None:
    """Rows point somewhere surely, in all directions; the closed rate agrees with draws of log p(x, z) / q(z|x)."""
    rows = Rows.of(digits()[0][800:1000], trained.schema_)
    batch = rows.batch(slice(None))
    with torch.no_grad():
        q = trained.fitted_.model.posterior(batch.x, batch.observed)
    assert isinstance(q, VonMisesFisher)
    rate = q.kl_to(Normal(torch.zeros(1), torch.ones(1), standard=True))
    assert rate is not None
    assert rate.sum(-1).mean() > 3
    assert q.resultant.mean() > 0.8
    assert q.loc[0].mean(0).norm() < 0.7  # each alone is 1 long
    weights = log_weights(trained.fitted_, rows, 200)
    assert elbo(trained.fitted_, rows, draws=200).mean().item() == pytest.approx(weights.mean().item(), abs=0.1)


def test_two_draws_of_a_row_share_nothing_but_the_row(trained: VAE) -> None:
    batch = Rows.of(digits()[0][800:810], trained.schema_).batch(slice(None))
    with torch.no_grad():
        q = trained.fitted_.model.posterior(batch.x, batch.observed)
    one, two = q.sample(Noise(0, draws=2))
    assert one.shape == (10, 6)
    assert not torch.allclose(one, two)


def test_one_latent_is_no_sphere() -> None:
    schema = Schema.infer(np.zeros((3, 2)))
    with pytest.raises(InputError, match="at least 2"):
        Sphere().build(schema, 1, choose_network({"kind": "mlp", "hidden": (4,)}, schema.shape))
