"""The KL lands at its set point, and the controller keeps its own laws."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from quintet import VAE
from quintet.data.dataset import Rows
from quintet.data.schema import Schema
from quintet.errors import InputError
from quintet.models.objectives.controlled import LEAST, Controlled
from quintet.models.recipe import StepContext
from quintet.networks import choose_network
from quintet.noise import Noise
from quintet.variants.control import Control
from tests.laws.models import digits
from tests.shared import unmeasured


@pytest.mark.parametrize("target", [3.0, 12.0])
def test_the_kl_lands_at_the_set_point(target: float) -> None:
    X, _ = digits()
    plan: dict[str, Any] = {
        "epochs": 20,
        "latent_dim": 6,
        "network": {"kind": "mlp", "hidden": (64,)},
        "calibration": 0.0,
    }
    with unmeasured():
        vae = VAE(Control(target=target), training={"batch_size": 64}, **plan).fit(X[:1200])
    assert vae.evaluate(X[:1200], rows="all", draws=2)["rate"] == pytest.approx(target, rel=0.05)


def _moved(rate: float, steps: int, **options: Any) -> Controlled:
    controller = Controlled(10.0, **options)
    for step in range(steps):
        controller._steer(torch.tensor(rate), StepContext(step, 1000))
    return controller


def test_beta_rises_above_the_set_point_and_falls_below() -> None:
    assert _moved(10.0, 50).beta == 1
    assert _moved(12.0, 50).beta > 1.5
    assert _moved(8.0, 50).beta < 0.7
    assert _moved(12.0, 50).beta > _moved(12.0, 5).beta


def test_an_error_that_cannot_be_mended_is_not_piled_up() -> None:
    controller = _moved(0.0, 5000)
    assert controller.beta == pytest.approx(LEAST)
    for step in range(200):
        controller._steer(torch.tensor(14.0), StepContext(step, 1000))
    assert controller.beta > 0.01  # a pile of 5000 errors would hold it at its bound


def test_set_points_climb_as_asked() -> None:
    assert Controlled(10.0).set_point(0.0) == 10
    even, stairs = Controlled(10.0, rise=0.5), Controlled(10.0, rise=0.5, levels=5)
    assert [even.set_point(t) for t in (0.25, 0.4, 0.5, 1.0)] == pytest.approx([5, 8, 10, 10])
    assert [stairs.set_point(t) for t in (0.0, 0.09, 0.11, 0.31, 0.6)] == pytest.approx([2, 2, 4, 8, 10])


def test_the_state_moves_in_training_only_and_goes_with_the_model() -> None:
    X, _ = digits()
    schema = Schema.infer(X)
    recipe = Control().build(schema, 3, choose_network({"kind": "mlp", "hidden": (8,)}, schema.shape))
    batch = Rows.of(X[:8], schema).batch(slice(None))
    loss, state = recipe.stages[0].groups[0].loss, recipe.model.state_dict()
    recipe.model.eval()
    loss(batch, Noise(0), StepContext())
    assert state["controller.beta"] == 1
    recipe.model.train()
    loss(batch, Noise(0), StepContext(rate_weight=0.0))
    assert state["controller.total"] == 0
    loss(batch, Noise(0), StepContext())
    assert state["controller.total"] < 0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"target": 0.0}, "above 0 nats"),
        ({"schedule": "stairs"}, "'steps'"),
        ({"rise": 2}, r"0\.\.1"),
        ({"levels": 0}, "1"),
    ],
)
def test_bad_options_are_refused(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        Control(**options)
