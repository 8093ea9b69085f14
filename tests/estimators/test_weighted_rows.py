"""Weights of rows: whole weights are worth repeated rows in every stage, and weight 0 is worth none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch

from quintet import VAE, variants
from quintet.data.dataset import Rows
from quintet.data.schema import Schema
from quintet.errors import InputError
from quintet.estimators import building
from quintet.estimators._input.weighted_rows import rows_at, with_weight
from quintet.models.recipe import StepContext
from quintet.networks import Mlp
from quintet.noise import Noise
from quintet.training.stage_run import _mean
from quintet.training.weights import only
from tests.shared import hardly_measured, uncrossed, unguided
from tests.tables import small_table

TINY: dict[str, Any] = {"network": {"kind": "mlp", "hidden": (16,)}, "latent_dim": 2, "epochs": 2}


def encoded() -> tuple[Schema, Rows]:
    from quintet.estimators._input.training_rows import training_cells

    cells, table = training_cells(small_table(24).drop(columns="key"), "auto", None, None)
    assert table is not None
    schema = Schema.of_columns(table.columns, table.container, cells)
    return schema, Rows.of(cells, schema)


@pytest.mark.parametrize("variant", ["vae", "iwae", "vamp", "ladder"])
def test_whole_weights_have_the_gradient_of_repeated_rows_in_every_stage(variant: str) -> None:
    schema, rows = encoded()
    recipe = building.build(variants.get(variant)(), schema, 2, Mlp(hidden=(8,)), 0, context="columns")
    times = torch.tensor([1, 2, 3, 1, 5, 2] * 4)
    weighted = Rows(rows.values, rows.observed, weight=times / times.double().mean().float())
    repeated = rows.take(torch.repeat_interleave(torch.arange(24), times))
    assert [stage.name for stage in recipe.stages][-1] == "context"
    for number, stage in enumerate(recipe.stages):
        with only(recipe, stage):
            for module in (recipe.model, recipe.guide):
                module.eval()  # type: ignore[union-attr]  # dropout draws by position
            for group in stage.groups:
                found = []
                for some in (weighted, repeated):
                    batch = some.batch(slice(None))
                    output = group.loss(batch, Noise((number, 7), shared=True), StepContext())
                    parameters = [p for m in group.modules for p in m.parameters() if p.requires_grad]
                    loss = _mean(output, batch.weight)
                    grads = torch.autograd.grad(loss, parameters, allow_unused=True)
                    found.append((loss, torch.cat([g.flatten() for g in grads if g is not None])))
                (loss, gradient), (again, same) = found
                assert loss.item() == pytest.approx(again.item(), rel=1e-4), stage.name
                assert torch.allclose(gradient, same, rtol=1e-3, atol=1e-4 * float(same.abs().max())), stage.name


@pytest.mark.parametrize("of", ["pandas", "polars"])
def test_rows_of_weight_0_change_no_bit(of: str) -> None:
    """Not even by a level, a range or a type of column that no other row has."""
    frame = small_table(60).reset_index(drop=True)
    strange = frame[:7].assign(place="moon", age=10_000, price=-5.125, same="y")
    whole = pd.concat([frame[:30], strange, frame[30:]], ignore_index=True)
    weight = np.r_[np.ones(30), np.zeros(7), np.ones(30)]
    rows, kept = (X if of == "pandas" else pl.from_pandas(X) for X in (whole, frame))
    with hardly_measured(), uncrossed(), unguided():
        weighted, alone = VAE(**TINY).fit(rows, sample_weight=weight), VAE(**TINY).fit(kept)
    assert weighted.fitted_.fingerprint == alone.fitted_.fingerprint
    assert weighted.schema_ == alone.schema_
    assert np.array_equal(weighted.score_samples(kept), alone.score_samples(kept))


def test_generated_rows_follow_the_weights() -> None:
    """Of two groups of rows the one that weighs nine times as much makes about nine tenths of the new rows."""
    rng = np.random.default_rng(0)
    group = np.arange(400) % 2
    X = rng.normal(size=(400, 2)) * 0.3 + np.where(group, 3.0, -3.0)[:, None]
    with hardly_measured(), unguided():
        vae = VAE(**{**TINY, "epochs": 60}).fit(X, sample_weight=np.where(group, 9.0, 1.0))
    for sampler in (None, "prior"):
        new = vae.generate(400, sampler=sampler, random_state=1)
        assert 0.75 < (new[:, 0] > 0).mean() < 0.99


def test_resampled_rows_occur_as_often_as_they_weigh() -> None:
    rows = encoded()[1]
    weight = torch.tensor([0.5, 1.5] * 12)
    again = Rows(rows.values, rows.observed, weight=weight).resampled()
    assert len(again) == 24
    assert again.weight is None
    often = [(again.values == row).all(1).sum() for row in rows.values]
    assert 15 <= sum(int(n) for n in often[1::2]) <= 21
    assert rows.resampled() is rows


def test_rows_are_left_out_of_any_container() -> None:
    keep, X = np.array([0, 2]), np.arange(12.0).reshape(3, 4)
    frame = pd.DataFrame(X, index=[5, 6, 7])
    forms = [X, X.tolist(), torch.tensor(X), frame, pl.from_pandas(frame), pl.from_pandas(frame).to_arrow()]
    for values in forms:
        assert np.array_equal(np.asarray(rows_at(values, keep)), X[keep])
    assert rows_at(None, keep) is None
    mask = X > 3
    found = with_weight(X, [1, 2, 3], mask, np.arange(3), [2, 0, 1])
    assert [np.asarray(part).tolist() for part in found[1:]] == [[1, 3], mask[keep].tolist(), [0, 2], [2, 1]]
    assert with_weight(X, None, mask[0], None, [1, 0, 1])[2] is not None
    assert with_weight(X, None, mask[0], None, [3, 0, 3])[4] is None
    with pytest.raises(InputError, match="one weight for each row"):
        with_weight(X, None, None, None, [1, 2])
