"""Cures that any recipe takes."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from quintet.errors import InputError
from quintet.networks.mlp import Mlp
from quintet.training import Training, fit
from quintet.training.extra_encoder_steps import with_encoder_steps
from tests.training.tiny import binary_rows, recipe_for, weights_of


def test_encoder_steps_move_the_inference_network_more_and_the_decoder_as_often() -> None:
    schema, rows = binary_rows()
    still = recipe_for(schema, stages=1)
    more = with_encoder_steps(still, 3)
    assert [p.name for p in more.stages[0].groups] == ["model", "encoder1", "encoder2", "encoder3"]
    inside = {id(p) for module in still.model.inference() for p in module.parameters()}
    decoder = {id(p) for p in still.model.decoder.parameters()}
    assert inside
    assert not inside & decoder
    assert inside | decoder == {id(p) for p in still.model.parameters()}
    # the model's own group never steps: whatever moves is moved by the others
    alone = replace(more, stages=(replace(more.stages[0], groups=more.stages[0].groups[1:]),))
    before = weights_of(alone)
    fit(alone, rows, None, Training(epochs=1, batch_size=32, validation=0.0), device="cpu")
    moved = {name for name, t in weights_of(alone).items() if not torch.equal(t, before[name])}
    assert moved
    assert all("decoder" not in name for name in moved)


def test_encoder_steps_reach_a_training_by_its_plan() -> None:
    schema, rows = binary_rows()
    history = fit(recipe_for(schema), rows, None, Training(epochs=2, batch_size=32, encoder_steps=2), device="cpu")
    assert {"loss", "loss_encoder1", "loss_encoder2"} <= set(history.rows[0])
    assert "loss_encoder1" not in history.rows[-1]


def test_a_variant_without_an_inference_network_refuses() -> None:
    schema, _ = binary_rows()
    recipe = recipe_for(schema)
    recipe.model.inference = lambda: ()  # type: ignore[method-assign]
    with pytest.raises(InputError, match=r"encoder_steps must be 0 for this variant.*got 2"):
        with_encoder_steps(recipe, 2)


def test_a_skipping_decoder_sees_z_in_its_last_layer() -> None:
    torch.manual_seed(0)
    plain, skipping = (Mlp(hidden=(8, 8), skip=skip).decoder(3, (1, 5)) for skip in (False, True))
    for decoder, sees in ((plain, False), (skipping, True)):
        last = next(m for m in reversed(list(decoder.modules())) if isinstance(m, torch.nn.Linear))
        assert (last.in_features == 8 + 3) == sees
        assert decoder(torch.zeros(2, 3)).shape == (2, 1, 5)


def test_a_spectrally_normalised_layer_stretches_nothing() -> None:
    torch.manual_seed(0)
    encoder = Mlp(hidden=(16,), norm="spectral").encoder((30,))
    for _ in range(20):
        encoder(torch.randn(4, 30))  # each pass in training mode is a step of the power iteration
    layer = next(m for m in encoder.modules() if isinstance(m, torch.nn.Linear))
    assert torch.linalg.matrix_norm(layer.weight, 2).item() == pytest.approx(1.0, abs=0.02)
