"""Law 3: every parameter gets a gradient in its stage; shapes and dtypes hold for the smallest and oddest rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from quintet import VAE
from quintet.data.dataset import Rows
from quintet.data.schema import Schema
from quintet.errors import InputError
from quintet.models.recipe import StepContext
from quintet.networks import choose_network
from quintet.noise import Noise
from quintet.variants import get, names

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


@pytest.mark.parametrize("data", DATA)
def test_every_parameter_gets_a_finite_gradient_in_its_stage(variant: str, data: str) -> None:
    X, kind = DATA[data]
    condition = np.arange(len(X)) % 2 if get(variant).conditional else None
    schema = Schema.infer(X, condition)
    torch.manual_seed(0)
    chosen = get(variant)(**(get(variant).images_by if schema.is_image else {}))
    if chosen.refuses(schema):
        with pytest.raises(InputError):
            VAE(chosen, latent_dim=4, epochs=1).fit(X, condition)
        return
    recipe = chosen.build(schema, 4, choose_network({"kind": kind, **_small(kind)}, schema.shape))
    batch = Rows.of(X, schema, condition).batch(slice(None))
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
