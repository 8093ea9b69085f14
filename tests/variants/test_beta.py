"""β lowers the rate, and a capacity holds it at its set point; the plain bound counts both once."""

from __future__ import annotations

import pytest
import torch

from quintet.data.dataset import Rows
from quintet.data.schema import Schema
from quintet.errors import InputError
from quintet.models.recipe import LossOutput, StepContext
from quintet.networks import Mlp
from quintet.noise import Noise
from quintet.variants.beta import Beta
from tests.variants.codes import DIGITS, fitted, plain


def rate(variant: Beta) -> float:
    """Of the last epoch, nats a row."""
    return float(fitted(variant).history_.stage("joint")[-1]["rate"])


def test_the_rate_falls_as_beta_grows() -> None:
    usual = float(plain().history_.stage("joint")[-1]["rate"])
    assert rate(Beta(beta=1.0)) == pytest.approx(usual, rel=1e-6)
    assert rate(Beta(beta=0.3)) > 1.3 * usual > usual > 1.3 * rate(Beta(beta=4.0))


@pytest.mark.parametrize("capacity", [2.0, 6.0])
def test_the_rate_comes_to_the_capacity(capacity: float) -> None:
    assert rate(Beta(beta=20.0, capacity=capacity, ramp=0.5)) == pytest.approx(capacity, rel=0.15)


def test_the_capacity_grows_over_the_ramp_and_stays() -> None:
    schema = Schema.infer(DIGITS[:20])
    batch = Rows.of(DIGITS[:20], schema).batch(slice(None))
    torch.manual_seed(0)
    (group,) = Beta(beta=3.0, capacity=10.0, ramp=0.5).build(schema, 4, Mlp((8,))).stages[0].groups

    def at(step: int) -> LossOutput:
        return group.loss(batch, Noise(0), StepContext(step, 8))

    for step, capacity in ((0, 0.0), (2, 5.0), (4, 10.0), (7, 10.0)):
        terms = at(step)
        torch.testing.assert_close(terms.loss - terms.distortion, 3 * (terms.rate.sum(-1) - capacity).abs())


@pytest.mark.parametrize("wrong", [{"beta": -1.0}, {"capacity": -1.0}, {"ramp": 0.0}, {"ramp": 2.0}])
def test_options_are_refused_in_a_sentence(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        Beta(**wrong)  # type: ignore[arg-type]
