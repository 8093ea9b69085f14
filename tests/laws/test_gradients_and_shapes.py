"""Law 3: every parameter gets a gradient in its stage; shapes and dtypes hold for the smallest and oddest rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import one_hot

from quintet import VAE
from quintet.data.dataset import Rows
from quintet.data.schema import Schema
from quintet.errors import InputError
from quintet.estimators._input.training_rows import training_cells
from quintet.models.encoder_input import encoder_input, expected_input
from quintet.models.recipe import StepContext
from quintet.networks import choose_network
from quintet.noise import Noise
from quintet.variants import get, names
from tests.laws.mixed import table

MIXED = "columns of every type"
RNG = np.random.default_rng(0)
DATA: dict[str, tuple[np.ndarray[Any, Any], str]] = {
    "one row": (RNG.normal(size=(1, 5)), "mlp"),
    "one feature": (RNG.normal(size=(12, 1)), "mlp"),
    "odd grey image": (RNG.integers(0, 256, (6, 5, 7)).astype(np.uint8), "conv"),
    "one pixel wide": (RNG.integers(0, 256, (6, 5, 1)).astype(np.uint8), "conv"),
    "colour image": (RNG.integers(0, 256, (4, 6, 4, 3)).astype(np.uint8), "conv"),
    "grey in 0..1": (RNG.random((4, 5, 4)), "mlp"),
    "zeros and ones": (RNG.integers(0, 2, (8, 11)), "mlp"),
    "constant": (np.full((7, 3), 2.5), "mlp"),
    "more latents than cells": (RNG.normal(size=(8, 2)), "mlp"),
}
TAKEN_IN_TURN = (("one feature", "more latents than cells"), ("odd grey image", "one pixel wide", "colour image"))
"""Of these every variant answers one each, the next variant the next one: what differs is the likelihood's kind, which
they share; every variant computes every loss."""
ANSWERED = [
    (name, data)
    for number, name in enumerate(names())
    for data in DATA
    if all(data not in alike or alike[number % len(alike)] == data for alike in TAKEN_IN_TURN)
]


@pytest.mark.parametrize("data", [*DATA, MIXED])
def test_every_parameter_gets_a_finite_gradient_in_its_stage(variant: str, data: str) -> None:
    X, kind = DATA.get(data, (table()[0], "mlp"))
    condition = np.arange(len(X)) % 2 if get(variant).conditional else None
    schema, rows = _schema_and_rows(X, condition)
    torch.manual_seed(0)
    chosen = get(variant)(**(get(variant).images_by if schema.is_image else {}))
    if chosen.refuses(schema):
        with pytest.raises(InputError):
            VAE(chosen, latent_dim=4, epochs=1).fit(X, condition)
        return
    recipe = chosen.build(schema, 4, choose_network({"kind": kind, **_small(kind)}, schema.shape))
    batch = rows.batch(slice(None))
    for stage in recipe.stages:
        for group in stage.groups:
            terms = group.loss(batch, Noise(0), StepContext())
            assert terms.loss.shape == (len(X),)
            assert terms.loss.dtype == torch.float32
            for module in group.modules:
                module.zero_grad()
            terms.loss.mean().backward()
            for module in group.modules:
                for name, parameter in module.named_parameters():
                    assert parameter.grad is not None, f"{stage.name}: {name} has no gradient"
                    assert torch.isfinite(parameter.grad).all(), f"{stage.name}: {name}"
            moved = sum(float(p.grad.abs().sum()) for m in group.modules for p in m.parameters())
            assert moved > 0


def _schema_and_rows(X: Any, condition: Any) -> tuple[Schema, Rows]:
    """The schema of an array or a frame, and its rows."""
    cells, found = training_cells(X, "auto", None, None)
    if found is None:
        schema = Schema.infer(X, condition)
    else:
        schema = Schema.of_columns(found.columns, found.container, cells, condition)
    return schema, Rows.of(cells, schema, condition)


def test_what_a_critic_sees_of_levels_moves_with_their_logits() -> None:
    """A mode has no gradient: a decoder would learn nothing of its levels from a critic."""
    schema, rows = _schema_and_rows(table()[0], None)
    likelihood = get("vae")().likelihood_of(schema)
    raw = torch.zeros(1, 5, likelihood.parameters, *schema.shape, requires_grad=True)
    seen = encoder_input(schema)
    there = torch.ones(5, schema.size, dtype=torch.bool)
    made = expected_input(seen, likelihood.head(raw), there)
    assert made.shape == (1, 5, *seen.out_shape)
    (slope,) = torch.autograd.grad((made * torch.arange(1, 1 + made.shape[-1])).sum(), raw)
    for cell, count in enumerate(schema.codes):
        assert (slope[0, :, : max(count, 1), cell] != 0).any(), schema.modelled[cell].name
    x, sure = rows.batch(slice(5)).x.nan_to_num(), torch.zeros_like(raw)
    sure[0, :, 0] = x
    for cell in (place for place, count in enumerate(schema.codes) if count):
        sure[0, :, :, cell] = 99.0 * one_hot(x[:, cell].long(), likelihood.parameters)
    torch.testing.assert_close(expected_input(seen, likelihood.head(sure), there)[0], seen(x, there))


def _small(kind: str) -> dict[str, Any]:
    return {"hidden": (16,)} if kind == "mlp" else {"channels": 4, "features": 16}


@pytest.mark.parametrize(("variant", "data"), ANSWERED, ids=["-".join(pair) for pair in ANSWERED])
def test_fit_and_answers_keep_shape_and_dtype(variant: str, data: str) -> None:
    X, kind = DATA[data]
    y = np.arange(len(X)) % 2
    schema = Schema.infer(X)
    chosen = get(variant)(**(get(variant).images_by if schema.is_image else {}))
    if chosen.refuses(schema):
        return
    vae = VAE(chosen, latent_dim=4, epochs=1, network={"kind": kind, **_small(kind)})
    with np.errstate(all="raise"):
        vae.fit(X, y)
    new = vae.generate(3)
    assert new.shape == (3, *X.shape[1:])
    if chosen.answers:
        return
    assert vae.transform(X).shape == (len(X), 4)
    again = vae.reconstruct(X)
    assert again.shape == X.shape
    assert new.dtype == again.dtype
    back = vae.decompress(vae.compress(X, effort="low"))  # which is decoded here, and not checked before
    assert back.dtype == X.dtype
    np.testing.assert_array_equal(back, X)
