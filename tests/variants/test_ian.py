"""Introspection: both games reconstruct, no side wins outright, and regularised weights are nearer to orthogonal."""

import numpy as np
import pytest
import torch
from torch import nn

from quintet.data.dataset import Rows
from quintet.data.schema import Schema
from quintet.models.adversarial.introspective import orthogonality_penalty
from quintet.models.adversarial.soft_introspective import FAR, encoder_won
from quintet.models.recipe import StepContext
from quintet.networks import choose_network
from quintet.noise import Noise
from quintet.variants.ian import Ian
from tests.variants.adversaries import DIGITS, trained, untrained


@pytest.mark.parametrize("variant", [Ian(), Ian(soft=True)])
def test_both_games_reconstruct_and_nobody_wins_outright(variant: Ian) -> None:
    vae = trained(variant)
    error = np.square(vae.reconstruct(DIGITS).astype(float) - DIGITS).mean()
    assert error < 0.8 * DIGITS.reshape(len(DIGITS), -1).var(0).mean()
    assert not [note for note in vae.history_.notes if "won outright" in note]


def test_the_soft_encoder_tells_fakes_by_their_bound() -> None:
    joint = trained(Ian(soft=True)).history_.stage("joint")
    assert 1 < joint[-1]["penalty_fakes"] < FAR
    assert encoder_won(joint) is None
    found = encoder_won([{"penalty_fakes": 50.0}])
    assert found is not None
    assert "half the contrast" in found


def test_every_weight_of_the_soft_game_learns() -> None:
    schema = Schema.infer(DIGITS[:6])
    recipe = Ian(soft=True).build(schema, 4, choose_network({"kind": "mlp", "hidden": (8,)}, schema.shape))
    batch = Rows.of(DIGITS[:6], schema).batch(slice(None))
    for group in recipe.stages[0].groups:
        loss = group.loss(batch, Noise(0), StepContext()).loss
        assert loss.shape == (6,)
        own = [p for module in group.modules for p in module.parameters()]
        assert all(g.abs().sum() > 0 for g in torch.autograd.grad(loss.mean(), own))


def test_skew_is_nought_of_orthogonal_matrices_alone() -> None:
    turn = nn.Linear(6, 4)
    nn.init.orthogonal_(turn.weight)
    assert float(orthogonality_penalty(turn).detach()) < 1e-4
    with torch.no_grad():
        turn.weight.mul_(2.0)
    assert float(orthogonality_penalty(turn).detach()) == pytest.approx(12.0, rel=1e-4)  # |4 - 1| on the diagonal of 4


def test_the_orthogonal_penalty_lowers_the_skew() -> None:
    free, held = (trained(Ian(orthogonal=weight), epochs=18) for weight in (0.0, 0.05))
    assert float(orthogonality_penalty(held.fitted_.model.encoder)) < 0.7 * float(
        orthogonality_penalty(free.fitted_.model.encoder)
    )


def test_the_loss_is_the_sum_of_its_weighted_parts() -> None:
    recipe, (model, critic) = untrained(Ian(similarity=2.0, adversary=3.0, orthogonal=0.5))
    parts = model.penalties
    whole = model.distortion + model.rate.sum(-1) + 2 * parts["similarity"] + 3 * parts["adversary"]
    torch.testing.assert_close(model.loss, whole + 0.5 * orthogonality_penalty(recipe.model))
    _, (_, free) = untrained(Ian(similarity=2.0, adversary=3.0))
    torch.testing.assert_close(critic.loss, free.loss + 0.5 * orthogonality_penalty(recipe.model.encoder))


def test_the_soft_encoder_lifts_the_bound_of_fakes_whose_rate_counts_by_the_contrast() -> None:
    recipe, (encoder, _) = untrained(Ian(soft=True, contrast=4.0))
    own = (encoder.distortion + encoder.rate.sum(-1)) / recipe.model.schema.size
    lifted = encoder.loss - own
    assert (lifted >= torch.exp(-encoder.penalties["fakes"]) / 2 - 1e-5).all()  # the mean of e^-x is above e^-mean
    assert (lifted < np.exp(2.0) / 2 + 1e-5).all()
    _, (heavier, _) = untrained(Ian(soft=True, contrast=400.0))
    assert (heavier.penalties["fakes"] > encoder.penalties["fakes"]).all()
