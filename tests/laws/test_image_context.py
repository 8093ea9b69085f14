"""The laws of the context decoder of images, for every variant that takes it."""

from __future__ import annotations

import os
import signal
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from quintet import VAE, load
from quintet.data.dataset import Batch, Rows
from quintet.data.marginals import marginals
from quintet.data.schema import Schema
from quintet.errors import InputError, Interrupted
from quintet.estimators import building
from quintet.estimators._fit.presets import context_for
from quintet.models.context.model import ContextModel
from quintet.models.recipe import Recipe, StepContext
from quintet.networks import Mlp
from quintet.noise import Noise
from quintet.variants import get, names

TAKERS = [name for name in names() if name not in ("perceptual", "vrae") and not get(name).answers]
Images = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]


def images(rows: int = 40) -> Images:
    """Smooth colour images of 6 × 5 pixels."""
    draw = np.random.default_rng(0)
    corners = draw.integers(0, 200, (rows, 1, 1, 3))
    slope = np.arange(6)[:, None, None] * draw.integers(0, 8, (rows, 1, 1, 3))
    return (corners + slope + draw.integers(0, 9, (rows, 6, 5, 3))).astype(np.uint8)


@cache
def some_rows(conditional: bool) -> tuple[Schema, Rows]:
    label = np.arange(40) % 2 if conditional else None
    schema = Schema.infer(images(), label, kind="image8")
    mask = np.random.default_rng(1).random(images().shape) < 0.2
    return schema, Rows.of(images(), schema, label, mask=mask)


def built(name: str) -> tuple[Recipe, Batch]:
    """The variant's recipe before training, and rows with missing cells."""
    schema, rows = some_rows(get(name).conditional)
    recipe = building.build(get(name)(), schema, 3, Mlp(hidden=(8,)), 0, context="grid")
    recipe.model.start_at(marginals(rows))
    return recipe, rows.batch(slice(None))


def loss_of(recipe: Recipe, batch: Batch, step: int = 0) -> Tensor:
    """The loss of the context stage, which is the last one; each step shows another kind of visible cells."""
    (group,) = recipe.stages[-1].groups
    return group.loss(batch, Noise(step), StepContext()).loss


@pytest.mark.parametrize("name", TAKERS)
def test_the_stage_changes_nothing_before_it_and_reads_no_cell_that_is_not_observed(name: str) -> None:
    recipe, batch = built(name)
    model = recipe.model
    assert isinstance(model, ContextModel)
    other = Batch(torch.where(batch.observed, batch.x, torch.nan), batch.observed, batch.condition)
    for step in range(16):
        loss, again = loss_of(recipe, batch, step), loss_of(recipe, other, step)
        assert loss.shape == (40,)
        assert torch.isfinite(loss).all()
        assert torch.equal(loss, again)
        loss.mean().backward()
    assert all(p.grad is None for p in model.plain.parameters())
    assert all(p.grad is not None for p in model.context.parameters())
    with torch.no_grad():
        one, two = (model.draw(b.x, b.observed, Noise(1), batch.condition).likelihood for b in (batch, other))
        seen = batch.observed
        assert torch.equal(one.terms(batch.x, seen)[0][seen], two.terms(other.x, seen)[0][seen])


def small(variant: str, **options: Any) -> VAE:
    settings = {"latent_dim": 2, "network": Mlp(hidden=(8,)), "random_state": 0, "epochs": 2, "calibration": 0.2}
    return VAE(**{"variant": variant, "context": "grid", **settings, **options})


@pytest.mark.parametrize("name", ["vae", "ladder", "ae", "vq", "cvae"])
def test_the_five_questions_are_answered_and_a_file_answers_alike(name: str, tmp_path: Path) -> None:
    cells = images()
    label = {"y": np.arange(40) % 2} if get(name).conditional else {}
    vae = small(name).fit(cells, **label)
    blob = vae.compress(cells[:6])
    np.testing.assert_array_equal(vae.decompress(blob), cells[:6])
    mask = np.zeros(cells.shape, bool)
    mask[:, 2:4] = True
    filled = vae.impute(cells, mask=mask)
    assert (np.asarray(filled)[~mask] == cells[~mask]).all()
    assert vae.generate(3, random_state=0).shape == (3, 6, 5, 3)
    assert vae.denoise(cells, noise="normal").shape == cells.shape
    assert vae.detect(cells).where.shape == cells.shape
    vae.save(tmp_path / "model.safetensors")
    again = load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(np.asarray(again.impute(cells, mask=mask)), np.asarray(filled))
    np.testing.assert_array_equal(again.decompress(blob), cells[:6])


def test_resumed_training_of_the_stage_equals_uninterrupted_training(tmp_path: Path) -> None:
    def stop(row: Any) -> None:
        if row["stage"] == "context" and not stopped:
            stopped.append(row["epoch"])
            os.kill(os.getpid(), signal.SIGINT)

    stopped = list[int]()
    whole = small("vae", epochs=6).fit(images())
    with pytest.raises(Interrupted):
        small("vae", epochs=6).fit(images(), callbacks=(stop,), checkpoint=tmp_path / "run.safetensors")
    assert stopped
    resumed = small("vae", epochs=6).fit(images(), checkpoint=tmp_path / "run.safetensors", resume=True)
    weights = resumed.fitted_.model.state_dict()
    assert all(torch.equal(t, weights[key]) for key, t in whole.fitted_.model.state_dict().items())


@pytest.mark.parametrize("rows", [np.random.default_rng(0).random((30, 6, 5)), np.arange(120.0).reshape(30, 4)])
def test_rows_without_levels_on_a_grid_are_refused_in_one_sentence(rows: Any) -> None:
    with pytest.raises(InputError, match=r"context='grid' needs images of whole numbers, got rows of"):
        small("vae").fit(rows)


@pytest.mark.parametrize(
    ("shape", "preset", "expected"),
    [
        ((14, 16, 3), "fast", "grid"),
        ((14, 16, 3), "best", "wide_grid"),
        ((14, 16), "fast", "none"),
        ((13, 16, 3), "fast", "none"),
    ],
)
def test_colour_images_have_the_decoder_by_default(shape: tuple[int, ...], preset: str, expected: str) -> None:
    cells = np.random.default_rng(0).integers(0, 256, (4, *shape)).astype(np.uint8)
    assert context_for("auto", Schema.infer(cells), get("vae")(), preset) == expected
