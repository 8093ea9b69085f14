"""The bound tightens with k, training on it pays, and every estimator's gradients are what their papers say."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from quintet import VAE
from quintet.data.dataset import Batch, Rows
from quintet.data.schema import Schema
from quintet.errors import InputError
from quintet.inference.likelihood import log_weights
from quintet.models.objectives.elbo import ELBO
from quintet.models.objectives.importance_weighted import ImportanceWeighted
from quintet.models.recipe import Recipe, StepContext
from quintet.networks import choose_network
from quintet.noise import Noise
from quintet.variants.iwae import Iwae
from tests.laws.models import SMALL, digits
from tests.shared import unmeasured

PLAN: dict[str, Any] = {**SMALL, "epochs": 12, "calibration": 0.0}


@pytest.fixture(scope="module")
def bounds() -> dict[str, dict[int, float]]:
    """Mean bounds by k on held-out digits: of a VAE and of an IWAE of as many steps."""
    X, _ = digits()
    found = {}
    for name in ("vae", "iwae"):
        with unmeasured():
            vae = VAE(name, **PLAN).fit(X[:600])
        weights = log_weights(vae.fitted_, Rows.of(X[600:900], vae.schema_), 200)
        found[name] = {k: _bound(weights, k) for k in (1, 10, 50)}
    return found


def _bound(weights: Tensor, k: int) -> float:
    return float((weights.reshape(len(weights), -1, k).logsumexp(2) - math.log(k)).mean())


@pytest.mark.parametrize("name", ["vae", "iwae"])
def test_the_bound_of_one_model_tightens_with_k(bounds: dict[str, dict[int, float]], name: str) -> None:
    assert bounds[name][1] + 0.5 < bounds[name][10] < bounds[name][50] - 0.1


def test_training_on_the_tighter_bound_raises_it(bounds: dict[str, dict[int, float]]) -> None:
    assert bounds["iwae"][10] > bounds["vae"][10] + 0.5


def _built(**options: Any) -> tuple[Recipe, Batch]:
    X, _ = digits()
    schema = Schema.infer(X)
    torch.manual_seed(0)
    recipe = Iwae(**options).build(schema, 3, choose_network({"kind": "mlp", "hidden": (16,)}, schema.shape))
    return recipe, Rows.of(X[:4], schema).batch(slice(None))


def _gradient(recipe: Recipe, batch: Batch, module: nn.Module, seed: int = 0, group: int = 0) -> Tensor:
    loss = recipe.stages[0].groups[group].loss(batch, Noise(seed), StepContext()).loss.mean()
    return torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(module.parameters()))])


def test_one_draw_and_the_mixture_with_the_elbo_alone_are_the_elbo() -> None:
    recipe, batch = _built(k=1)
    draw = recipe.model.draw(batch.x, batch.observed, Noise(0))
    one = ImportanceWeighted()(batch.x, batch.observed, draw).loss
    layer = draw.layers[0]
    rate = (layer.posterior.log_prob(layer.z) - layer.prior.log_prob(layer.z)).sum(-1)[0]
    torch.testing.assert_close(one, ELBO(beta=0.0)(batch.x, batch.observed, draw).loss + rate)
    many = recipe.model.draw(batch.x, batch.observed, Noise(0, draws=6))
    elbo = ImportanceWeighted(elbo_share=1.0)(batch.x, batch.observed, many).loss
    torch.testing.assert_close(elbo, ImportanceWeighted(groups=6)(batch.x, batch.observed, many).loss)
    bound = ImportanceWeighted()(batch.x, batch.observed, many).loss
    half = ImportanceWeighted(elbo_share=0.5)(batch.x, batch.observed, many).loss
    torch.testing.assert_close(half, (elbo + bound) / 2)
    assert (bound < elbo).all()


def test_doubly_reparameterised_gradients_agree_in_mean_and_vary_less() -> None:
    of: dict[str, Tensor] = {}
    for estimator in ("iwae", "dreg"):
        recipe, batch = _built(k=8, estimator=estimator)
        head = recipe.model.get_submodule("head")
        of[estimator] = torch.stack([_gradient(recipe, batch, head, seed) for seed in range(120)])
    plain, doubly = of["iwae"], of["dreg"]
    error = ((plain.var(0) + doubly.var(0)) / len(plain)).sum().sqrt()
    assert (plain.mean(0) - doubly.mean(0)).norm() < 2 * error < 0.4 * plain.mean(0).norm()
    assert doubly.var(0).sum() < 0.8 * plain.var(0).sum()


def test_the_decoder_of_dreg_gets_the_gradient_of_iwae() -> None:
    torch.testing.assert_close(_decoder_gradient("dreg"), _decoder_gradient("iwae"))


def _decoder_gradient(estimator: str) -> Tensor:
    recipe, batch = _built(k=6, estimator=estimator)
    return _gradient(recipe, batch, recipe.model.get_submodule("decoder"))


def test_piwae_trains_the_decoder_as_iwae_and_the_encoder_as_miwae() -> None:
    recipe, batch = _built(k=6, groups=3, estimator="piwae")
    torch.testing.assert_close(
        _gradient(recipe, batch, recipe.model.get_submodule("decoder"), group=0), _decoder_gradient("iwae")
    )
    other, _ = _built(k=6, groups=3, estimator="miwae")
    torch.testing.assert_close(
        _gradient(recipe, batch, recipe.model.get_submodule("encoder"), group=1),
        _gradient(other, batch, other.model.get_submodule("encoder")),
    )


def test_warm_up_and_free_bits_act_on_the_weights() -> None:
    recipe, batch = _built(k=6)
    draw = recipe.model.draw(batch.x, batch.observed, Noise(0, draws=6))
    cold = ImportanceWeighted()(batch.x, batch.observed, draw, StepContext(rate_weight=0.0)).loss
    given = draw.likelihood.log_prob(batch.x).flatten(2).sum(-1)
    torch.testing.assert_close(cold, math.log(6) - given.logsumexp(0))
    free = ImportanceWeighted()(batch.x, batch.observed, draw, StepContext(free_bits=100.0)).loss
    torch.testing.assert_close(free, cold + 300)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"k": 0}, "k must be at least 1, got 0"),
        ({"estimator": "drag"}, "'dreg'"),
        ({"estimator": "miwae", "groups": 3}, "divisor of k=10, got 3"),
        ({"elbo_share": 2.0}, r"0\.\.1"),
    ],
)
def test_bad_options_are_refused(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        Iwae(**options)
