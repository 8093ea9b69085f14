"""kind="binarised": grey rows are chances of a one, drawn anew in each batch; the file is one of zeros and ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from quintet import VAE, load
from quintet.data.binarisation import Chances
from quintet.data.dataset import Rows
from quintet.errors import InputError, Interrupted, QuintetWarning
from quintet.estimators._fit.job import job_of
from quintet.estimators._input import training_rows
from quintet.training import Training, fit
from tests.training.tiny import equal, recipe_for, weights_of

NETWORK = {"kind": "mlp", "hidden": (16,)}


def vae(**options: Any) -> VAE:
    return VAE(**{"kind": "binarised", "latent_dim": 3, "network": NETWORK, "epochs": 2} | options)


def grey() -> np.ndarray[Any, Any]:
    images: np.ndarray[Any, Any] = load_digits().images[:120].astype(np.uint8)
    return images


def rows_of(X: Any, **options: Any) -> Rows:
    return job_of(vae(**options), X, X).parts.train


def test_ones_come_with_the_chance_that_the_grey_value_says() -> None:
    levels = torch.arange(17, dtype=torch.uint8).repeat(4000, 1)
    ones = Rows(levels, chances=Chances(16, seed=0)).batch(torch.arange(4000)).x
    assert set(ones.unique().tolist()) == {0.0, 1.0}
    assert ones[:, 0].sum() == 0
    assert ones[:, 16].sum() == 4000
    torch.testing.assert_close(ones.mean(0), torch.arange(17) / 16, atol=0.04, rtol=0)


def test_each_order_of_rows_has_draws_of_its_own_and_one_order_always_the_same() -> None:
    rows = rows_of(grey())
    order = torch.arange(32)
    first = rows.batch(order).x
    assert torch.equal(first, rows.batch(order).x)
    assert not torch.equal(first, rows.batch(order.flip(0)).x.flip(0))
    assert not torch.equal(first, rows_of(grey(), random_state=1).take(torch.arange(len(rows))).batch(order).x)


def test_settled_rows_are_drawn_once() -> None:
    rows = rows_of(grey())
    still = rows.drawn_once()
    assert still.values.dtype == torch.uint8
    assert still.chances is None
    some = still.batch(torch.arange(5, 25)).x
    assert torch.equal(some, still.batch(slice(5, 25)).x)
    assert torch.equal(still.values, rows.drawn_once().values)
    assert not torch.equal(still.values, rows.drawn_once(1).values)
    assert abs(still.values.float().mean() - rows.values.float().mean() / 16) < 0.02


def test_floats_up_to_one_and_levels_say_the_same() -> None:
    floats = rows_of((grey() / 16).astype(np.float32))
    whole = rows_of(grey())
    order = torch.arange(20)
    assert torch.equal(floats.batch(order).x, whole.batch(order).x)


def test_holes_stay_holes() -> None:
    X = (grey() / 16).astype(np.float32)
    X[:, 2] = np.nan
    with pytest.warns(QuintetWarning, match=r"Training held no value of cells \(2, 0\)"):
        batch = rows_of(X).batch(torch.arange(10))
    assert not batch.observed[:, :, 2].any()
    assert not batch.x[:, :, 2].any()
    assert batch.observed[:, :, 3].all()


def test_the_parts_that_do_not_train_stand_still() -> None:
    job = job_of(vae(training={"validation": 0.2}), grey(), grey())
    parts = training_rows.drawn_once(job.parts)
    for part in (parts.train, parts.validation, parts.calibration):
        assert part is not None
        assert part.chances is None
    assert job.parts.train.chances is not None, "training goes on drawing"


def test_a_file_of_zeros_and_ones(tmp_path: Path) -> None:
    X = grey()
    fitted = vae().fit(X)
    assert "drawn anew in each batch" in fitted.notes_[0]
    assert fitted.schema_.kind == "binary"
    assert fitted.schema_.middle == pytest.approx(X.mean() / 16)
    ones = (np.random.default_rng(0).random(X.shape) < X / 16).astype(np.uint8)
    fitted.save(tmp_path / "m.safetensors")
    again = load(tmp_path / "m.safetensors")
    assert np.array_equal(again.decompress(fitted.compress(ones)), ones)
    assert np.array_equal(again.log_prob(ones[:9]), fitted.log_prob(ones[:9]))
    assert np.isfinite(again.score_samples(ones)).all()
    with pytest.warns(QuintetWarning, match="other than zeros and ones .* give the rows in the units of"):
        assert (again.log_prob(X) < fitted.log_prob(ones)).all()
    again.set_params(epochs=1).fit(X, continue_training=True)
    assert again.schema_ == fitted.schema_


def test_the_same_seed_gives_the_same_weights_also_when_resumed(tmp_path: Path) -> None:
    job = job_of(vae(), grey(), grey())
    plan = Training(epochs=4, batch_size=32, precision="fp32", checkpoint_seconds=0)
    ends = []
    for stop in (None, 2):
        recipe = recipe_for(job.schema)
        path = tmp_path / f"{stop}.checkpoint"
        if stop is not None:
            with pytest.raises(Interrupted):
                fit(recipe, job.parts.train, None, plan, checkpoint=path, callbacks=[_stop_after(stop)])
            recipe = recipe_for(job.schema, seed=9)
        fit(recipe, job.parts.train, None, plan, checkpoint=path, resume=stop is not None)
        ends.append(weights_of(recipe))
    assert equal(*ends)


def test_a_run_is_not_resumed_with_other_draws(tmp_path: Path) -> None:
    job = job_of(vae(), grey(), grey())
    plan, path = Training(epochs=1, batch_size=32, checkpoint_seconds=0), tmp_path / "run.checkpoint"
    fit(recipe_for(job.schema), job.parts.train, None, plan, checkpoint=path)
    with pytest.raises(InputError, match="data"):
        fit(recipe_for(job.schema), job.parts.train.drawn_once(), None, plan, checkpoint=path, resume=True)


@pytest.mark.parametrize("bad", [np.full((60, 8, 8), 2.5), np.full((60, 8, 8), -1), np.full((60, 8, 8), 300)])
def test_cells_that_are_no_chances_are_refused(bad: Any) -> None:
    with pytest.raises(InputError, match="kind"):
        rows_of(bad)


def test_a_model_of_another_kind_is_not_trained_on_in_this_way() -> None:
    other = vae(kind="auto").fit(grey())
    with pytest.raises(InputError, match="must stay 'image8'"):
        other.set_params(kind="binarised").fit(grey(), continue_training=True)


def _stop_after(epochs: int) -> Any:
    seen: list[Any] = []

    def look(row: Any) -> None:
        seen.append(row)
        if len(seen) == epochs:
            raise KeyboardInterrupt

    return look
