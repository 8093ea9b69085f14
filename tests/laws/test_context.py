"""The laws of a context decoder as a stage, for every variant that takes it: what it trains, reads and keeps."""

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
from quintet.distributions.chain import Chain
from quintet.errors import InputError, Interrupted
from quintet.estimators import building
from quintet.estimators._input.training_rows import training_cells
from quintet.models.context.model import ContextModel
from quintet.models.recipe import Recipe, StepContext
from quintet.networks import Mlp
from quintet.noise import Noise
from quintet.variants import get, names
from tests.laws import mixed

TAKERS = [name for name in names() if name != "perceptual" and not get(name).answers]


@cache
def some_rows(conditional: bool) -> tuple[Schema, Rows]:
    """Sixty rows of the table, and their schema."""
    frame, label = mixed.table()[0][:60], mixed.table()[1][:60] if conditional else None
    cells, found = training_cells(frame, "auto", None, None)
    assert found is not None
    schema = Schema.of_columns(found.columns, found.container, cells, label)
    return schema, Rows.of(cells, schema, label)


def built(name: str) -> tuple[Recipe, Batch]:
    """The variant's recipe with a context decoder, before training, and the rows."""
    schema, rows = some_rows(get(name).conditional)
    recipe = building.build(get(name)(), schema, 3, Mlp(hidden=(8,)), 0, context="columns")
    recipe.model.start_at(marginals(rows))
    return recipe, rows.batch(slice(None))


def loss_of(recipe: Recipe, batch: Batch) -> Tensor:
    """The loss of the context stage, which is the last one."""
    (group,) = recipe.stages[-1].groups
    return group.loss(batch, Noise(0), StepContext()).loss


@pytest.mark.parametrize("name", TAKERS)
def test_the_stage_trains_every_parameter_of_its_own_and_nothing_before_it(name: str) -> None:
    recipe, batch = built(name)
    model = recipe.model
    assert isinstance(model, ContextModel)
    assert recipe.stages[-1].name == "context"
    (group,) = recipe.stages[-1].groups
    before = {key: t.clone() for key, t in model.plain.state_dict().items()}
    with torch.no_grad():  # an output without weights passes nothing on
        model.context.out.weight.copy_(
            torch.randn(model.context.out.weight.shape, generator=torch.Generator().manual_seed(0))
        )
    loss = loss_of(recipe, batch)
    assert loss.shape == (60,)
    assert loss.dtype == torch.float32
    loss.mean().backward()
    for module in group.modules:
        for key, parameter in module.named_parameters():
            assert parameter.grad is not None, key
            assert torch.isfinite(parameter.grad).all(), key
            assert parameter.grad.abs().sum() > 0, key
    assert all(p.grad is None for p in model.plain.parameters())
    assert recipe.guide is None or all(p.grad is None for p in recipe.guide.parameters())
    assert all(torch.equal(t, before[key]) for key, t in model.plain.state_dict().items())


@pytest.mark.parametrize("name", TAKERS)
def test_loss_and_chain_read_no_cell_that_is_not_observed_and_no_later_one(name: str) -> None:
    recipe, batch = built(name)
    model = recipe.model
    assert isinstance(model, ContextModel)
    before = [4, 7, 1, 0]
    after = [cell for cell in reversed(range(model.schema.size)) if cell not in before]
    model.set_order((*before, *after))
    unseen = torch.where(batch.observed, batch.x, torch.nan)
    other = Batch(unseen, batch.observed, batch.condition)
    model.eval()
    with torch.no_grad():
        assert torch.equal(loss_of(recipe, batch), loss_of(recipe, other))
        one, two = (model.draw(b.x, b.observed, Noise(1), batch.condition).likelihood for b in (batch, other))
        assert isinstance(one, Chain)
        terms, found = one.terms(batch.x, batch.observed)[0], two.terms(unseen, batch.observed)[0]
        assert torch.equal(terms[batch.observed], found[batch.observed])
        changed = batch.x.clone()
        changed[:, after] = 1 - changed[:, after]
        assert torch.equal(one.terms(changed, batch.observed)[0][:, before], terms[:, before])


def test_resumed_training_of_the_stage_equals_uninterrupted_training(tmp_path: Path) -> None:
    def vae() -> VAE:
        return mixed.small("vae", context="columns", epochs=6, calibration=0.0)

    def stop(row: Any) -> None:
        if row["stage"] == "context" and not stopped:
            stopped.append(row["epoch"])
            os.kill(os.getpid(), signal.SIGINT)

    frame, stopped = mixed.table()[0][:120], list[int]()
    whole = vae().fit(frame)
    assert len(whole.history_.stage("context")) > 1
    with pytest.raises(Interrupted):
        vae().fit(frame, callbacks=(stop,), checkpoint=tmp_path / "run.safetensors")
    assert stopped
    resumed = vae().fit(frame, checkpoint=tmp_path / "run.safetensors", resume=True)
    weights = resumed.fitted_.model.state_dict()
    assert all(torch.equal(t, weights[key]) for key, t in whole.fitted_.model.state_dict().items())
    assert whole.fitted_.fingerprint == resumed.fitted_.fingerprint
    resumed.save(tmp_path / "model.safetensors")
    again, held = load(tmp_path / "model.safetensors"), mixed.held()
    assert again.fitted_.model.groups == whole.fitted_.model.groups
    np.testing.assert_array_equal(again.log_prob(held, draws=2), whole.log_prob(held, draws=2))
    assert again.generate(9, random_state=1).equals(whole.generate(9, random_state=1))


def test_a_variant_without_latents_of_given_rows_takes_none() -> None:
    with pytest.raises(InputError, match="needs a variant with latents of given rows, got Gan"):
        mixed.small("gan", context="columns").fit(mixed.table()[0])
    gan = mixed.small("gan", context="auto", epochs=1).fit(mixed.table()[0])
    assert not gan.fitted_.model.has_context
    assert gan.fitted_.options["context"] == "none"
