"""Critics: their losses against theory, their penalty against the closed form, and the warning of a defeat."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
import torch
from torch import nn

from quintet.data.dataset import Batch, Rows
from quintet.data.schema import Schema
from quintet.errors import QuintetWarning
from quintet.models.adversarial.critic import (
    Critic,
    critic_loss,
    critic_won,
    dequantised,
    generator_loss,
    latent_critic,
    logit_and_penalty,
    with_frozen_weights,
)
from quintet.models.recipe import LossOutput, OptimizerGroup, Recipe, Stage, StepContext
from quintet.networks import choose_network
from quintet.noise import Noise
from quintet.training import Training, fit
from quintet.variants.vae import Vae


def test_losses_are_two_log_two_where_nothing_can_be_told() -> None:
    nothing = torch.zeros(3)
    assert critic_loss(nothing, nothing).tolist() == pytest.approx([2 * math.log(2)] * 3)
    assert generator_loss(nothing).tolist() == pytest.approx([math.log(2)] * 3)
    assert critic_loss(torch.tensor(9.0), torch.tensor(-9.0)) < 1e-3 < generator_loss(torch.tensor(-9.0))


def test_the_best_critic_has_the_log_ratio_of_densities_as_its_logit() -> None:
    torch.manual_seed(0)
    critic, noise = Critic(nn.Flatten(), 1), Noise(0)
    real, fake = noise.normal(20_000, 1)[0] + 0.5, noise.normal(20_000, 1)[0] - 0.5
    optimiser = torch.optim.LBFGS(critic.parameters(), max_iter=50)

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        total = critic_loss(critic(real), critic(fake)).mean()
        total.backward()
        return total

    optimiser.step(loss)
    assert critic.head.weight.item() == pytest.approx(1.0, abs=0.03)  # log N(x; ½, 1) - log N(x; -½, 1) = x
    assert critic.head.bias.item() == pytest.approx(0.0, abs=0.03)


def test_the_penalty_is_half_the_squared_slope_and_reaches_the_weights() -> None:
    critic = Critic(nn.Flatten(), 4)
    logit, penalty = logit_and_penalty(critic, torch.randn(5, 2, 2), weight=3.0)
    torch.testing.assert_close(penalty, (1.5 * critic.head.weight.square().sum()).expand(5))
    assert logit.shape == (5,)
    penalty.sum().backward()
    torch.testing.assert_close(critic.head.weight.grad, 15 * critic.head.weight.detach())


def test_critics_reckon_in_float32_under_autocast() -> None:
    critic = latent_critic(3)
    with torch.autocast("cpu", torch.bfloat16):
        logit, penalty = logit_and_penalty(critic, torch.randn(2, 3).bfloat16(), 1.0)
    assert logit.dtype == penalty.dtype == torch.float32


def test_frozen_gives_gradients_to_inputs_alone() -> None:
    critic, z = latent_critic(3), torch.randn(2, 3, requires_grad=True)
    torch.testing.assert_close(with_frozen_weights(critic, z), critic(z))
    with_frozen_weights(critic, z).sum().backward()
    assert z.grad is not None
    assert all(p.grad is None for p in critic.parameters())


def test_whole_numbers_are_spread_over_their_unit_and_others_left() -> None:
    pixels, grey = np.arange(24, dtype=np.uint8).reshape(2, 3, 4), np.random.default_rng(0).random((2, 80))
    for X, moves in ((pixels, True), (grey, False)):
        schema = Schema.infer(X)
        x = Rows.of(X, schema).batch(slice(None)).x
        there = dequantised(schema, x, Noise(0))
        assert torch.equal(there.round(), x.round())
        assert torch.equal(there, x) != moves


def test_a_stage_is_told_of_an_adversary_that_won_and_notes_it() -> None:
    X = np.random.default_rng(0).normal(size=(20, 3))
    schema = Schema.infer(X)
    model = Vae().build(schema, 2, choose_network({"kind": "mlp", "hidden": (4,)}, schema.shape)).model

    def run(level: float) -> list[str]:
        def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
            size = sum(p.square().sum() for p in model.parameters())
            return LossOutput(size.expand(len(batch)), penalties={"adversary": torch.full((len(batch),), level)})

        stage = Stage("joint", (OptimizerGroup("model", (model,), loss),), check=critic_won)
        return fit(Recipe(model, (stage,)), Rows.of(X, schema), training=Training(epochs=8)).notes

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert run(0.7) == []
    with pytest.warns(QuintetWarning, match=r"won outright.* 9 nats.*r1"):
        (note,) = run(9.0)
    assert note.endswith(".")
