"""The rate in closed form against every class counted out; the temperature falls; answers see one-hots only."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from quintet import VAE
from quintet.data.dataset import Rows
from quintet.data.schema import Schema
from quintet.distributions.one_hot import OneHot
from quintet.errors import InputError
from quintet.models.discrete.one_hot import OneHots, temperature_at
from quintet.models.recipe import StepContext
from quintet.networks import Mlp
from quintet.noise import Noise
from quintet.variants.categorical import CategoricalLatents
from tests.laws.models import digits
from tests.shared import unmeasured

LOGITS = torch.randn(1, 3, 2, 4, generator=torch.Generator().manual_seed(0)).double()
X = digits()[0]


def test_divergence_in_closed_form_is_that_of_every_pair_of_classes_counted_out() -> None:
    q, p = OneHot(LOGITS), OneHot(torch.zeros(1, 1, 2, 4).double())
    found = q.kl_to(p)
    assert found is not None
    for row in range(3):
        share = LOGITS[0, row].softmax(-1)
        counted = 0.0
        for a, b in itertools.product(range(4), repeat=2):
            mass = float(share[0, a] * share[1, b])
            counted += mass * (torch.log(torch.tensor(mass * 16.0)).item())
        assert float(found[0, row].sum()) == pytest.approx(counted, abs=1e-6)


def test_masses_sum_to_one_and_draws_have_the_classes_frequencies() -> None:
    q = OneHot(LOGITS)
    codes = [torch.cat([torch.eye(4)[a], torch.eye(4)[b]]) for a, b in itertools.product(range(4), repeat=2)]
    whole = torch.stack([q.log_prob(code.double().expand(1, 3, 8)).sum(-1).exp() for code in codes]).sum(0)
    torch.testing.assert_close(whole, torch.ones(1, 3).double())
    drawn = q.sample(Noise(0, draws=5000))
    assert set(drawn.unique().tolist()) == {0.0, 1.0}
    torch.testing.assert_close(drawn.mean(0), q.mean[0], atol=0.03, rtol=0)


def test_relaxed_draws_come_near_to_one_hots_as_the_temperature_falls() -> None:
    def top(temperature: float) -> float:
        drawn = OneHot(LOGITS, temperature).sample(Noise(0, draws=500))
        torch.testing.assert_close(drawn.sum(-1), torch.full((500, 3), 2.0).double())
        return float(drawn.reshape(-1, 4).amax(-1).mean())

    assert top(3.0) < top(1.0) < top(0.3) < top(0.05)
    assert top(0.05) > 0.97


def test_the_temperature_follows_the_moment_and_evaluation_draws_exact_one_hots(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert [temperature_at(t, 1.0, 0.25) for t in (0.0, 0.5, 1.0)] == [1.0, 0.5, 0.25]
    schema = Schema.infer(X[:50])
    recipe = CategoricalLatents(temperature=1.0, final=0.25).build(schema, 8, Mlp((16,)))
    model, loss = recipe.model, recipe.stages[0].groups[0].loss
    assert isinstance(model, OneHots)
    seen: list[float] = []
    relaxed = model.relaxed
    monkeypatch.setattr(model, "relaxed", lambda *args: seen.append(args[-1]) or relaxed(*args))
    batch = Rows.of(X[:50], schema).batch(slice(None))
    for step in (0, 5, 10):
        loss(batch, Noise(0), StepContext(step=step, total_steps=10))
    assert seen == [1.0, 0.5, 0.25]
    model.eval()
    loss(batch, Noise(0), StepContext())
    assert len(seen) == 3
    z = model.draw(batch.x, batch.observed, Noise(0)).layers[0].z
    assert set(z.unique().tolist()) == {0.0, 1.0}


def test_training_uses_the_latents() -> None:
    options = {"network": {"kind": "mlp", "hidden": (128,)}, "calibration": 0.0}
    with unmeasured():
        vae = VAE("categorical", latent_dim=32, epochs=60, **options).fit(X[:1200])
    held = X[1200:].astype(float)
    error = np.square(vae.reconstruct(X[1200:]) - held).mean()
    assert error < 0.7 * np.square(held - X[:1200].mean(0)).mean()


def test_options_and_latents_that_do_not_fit_are_refused_in_a_sentence() -> None:
    schema = Schema.infer(X[:5])
    with pytest.raises(InputError, match="latent_dim must be at least 2"):
        CategoricalLatents().build(schema, 1, Mlp((8,)))
    with pytest.raises(InputError, match=r"divisor of latent_dim=6 \(2, 3, 6\), got 4"):
        CategoricalLatents(classes=4).build(schema, 6, Mlp((8,)))
    with pytest.raises(InputError, match=r"final must be above 0 and at most temperature=0.1"):
        CategoricalLatents(temperature=0.1)
    assert CategoricalLatents().build(schema, 7, Mlp((8,))).model.latent_dim == 7
