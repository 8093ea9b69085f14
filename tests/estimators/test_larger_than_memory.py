"""A fit to rows that stay in their files is the fit to the same rows in memory, and resumes bit for bit."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pyarrow import dataset

from quintet import VAE
from quintet.data.dataset import Rows
from quintet.data.large import stored_rows
from quintet.data.schema import Schema
from quintet.errors import FileRefused, InputError, Interrupted
from quintet.training.loader import Loader
from tests.data.large.tables import as_folder, mixed, stored  # noqa: F401

pytestmark = pytest.mark.usefixtures("stored")
SMALL: dict[str, Any] = {"epochs": 2, "latent_dim": 2, "random_state": 1, "context": "none", "network": "mlp"}
WITHOUT = ["late", "day", "moment", "id", "empty"]


def weights(vae: VAE) -> dict[str, torch.Tensor]:
    return vae.fitted_.model.state_dict()


def equal(one: VAE, other: VAE) -> bool:
    mine, theirs = weights(one), weights(other)
    return mine.keys() == theirs.keys() and all(torch.equal(mine[name], theirs[name]) for name in mine)


def test_rows_of_one_window_train_the_model_of_rows_in_memory(tmp_path: Path) -> None:
    folder = as_folder(tmp_path / "x", mixed(260).drop_columns(WITHOUT))
    disk, memory = VAE(**SMALL).fit(str(folder)), VAE(**SMALL).fit(dataset.dataset(folder).to_table())
    assert disk.schema_ == memory.schema_
    assert disk.notes_ == memory.notes_
    assert list(disk.feature_names_in_) == list(memory.feature_names_in_)
    assert equal(disk, memory)
    asked = mixed(30, seed=5).drop_columns(WITHOUT)
    np.testing.assert_array_equal(disk.score_samples(asked), memory.score_samples(asked))


@pytest.mark.parametrize("at", [2, 9, 17])
def test_interrupted_in_the_middle_of_an_epoch_and_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """With windows smaller than the rows, so that the order is that of shards."""
    monkeypatch.setattr(stored_rows, "SHARD_CELLS", 6 * 7)
    monkeypatch.setattr(stored_rows, "WINDOW_CELLS", 6 * 30)
    folder = as_folder(tmp_path / "x", mixed(200).drop_columns(WITHOUT))
    plan = {**SMALL, "calibration": 0.0, "training": {"batch_size": 16, "checkpoint_seconds": 1000.0}}
    whole = VAE(**plan).fit(folder)
    steps, read = 0, Loader.batch

    def stop(self: Loader, index: Any, *share: Any) -> Any:
        nonlocal steps
        steps += 1
        if steps == at:
            os.kill(os.getpid(), signal.SIGINT)
        return read(self, index, *share)

    checkpoint = tmp_path / "run.checkpoint"
    with monkeypatch.context() as patch:
        patch.setattr(Loader, "batch", stop)
        with pytest.raises(Interrupted):
            VAE(**plan).fit(folder, checkpoint=checkpoint)
    again = VAE(**plan).fit(folder, checkpoint=checkpoint, resume=True)
    assert any("resumed" in note for note in again.notes_)
    assert equal(again, whole)


def test_an_array_on_disk_trains_the_model_of_the_array(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(220, 5)).astype(np.float32)
    x[rng.random(x.shape) < 0.1] = np.nan
    np.save(tmp_path / "x.npy", x)
    disk, memory = VAE(**SMALL).fit(np.load(tmp_path / "x.npy", mmap_mode="r")), VAE(**SMALL).fit(x)
    assert disk.schema_ == memory.schema_
    assert equal(disk, memory)


def test_constants_that_later_rows_contradict_are_dropped(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(60, 3))
    x[:, 1], x[5, 1] = 4.0, np.nan
    np.save(tmp_path / "x.npy", x)
    x[50, 1] = 5.0
    np.save(tmp_path / "y.npy", x)
    vae = VAE(**SMALL, calibration=0.0).fit(tmp_path / "x.npy")
    assert vae.schema_.constant == ((1, 4.0),)
    vae.fit(np.load(tmp_path / "x.npy", mmap_mode="r"), continue_training=True)
    assert vae.schema_.constant == ((1, 4.0),)
    vae.fit(np.load(tmp_path / "y.npy", mmap_mode="r"), continue_training=True)
    assert vae.schema_.constant == ()


def test_labels_weights_and_a_second_fit(tmp_path: Path) -> None:
    folder, rng = as_folder(tmp_path / "x", mixed(200).drop_columns(WITHOUT)), np.random.default_rng(0)
    y, weight = rng.integers(0, 3, 200), rng.uniform(0.5, 2, 200)
    own = {**SMALL, "variant": "cvae", "epochs": 1}
    disk = VAE(**own).fit(folder, y, sample_weight=weight)
    memory = VAE(**own).fit(dataset.dataset(folder).to_table(), y, sample_weight=weight)
    assert equal(disk, memory)
    disk.fit(folder, y, continue_training=True)
    memory.fit(dataset.dataset(folder).to_table(), y, continue_training=True)
    assert equal(disk, memory)


@pytest.mark.parametrize(("given", "match"), [({"kind": "image8"}, "kind='image8'"), ({"layout": "steps"}, "steps")])
def test_other_kinds_than_columns(given: dict[str, Any], match: str, tmp_path: Path) -> None:
    folder = as_folder(tmp_path / "x", mixed(40).select(["length", "price"]))
    with pytest.raises(InputError, match=match):
        VAE(**SMALL, **given).fit(folder)


def test_what_rows_on_disk_cannot_have(tmp_path: Path) -> None:
    folder = as_folder(tmp_path / "x", mixed(40).select(["length", "price"]))
    with pytest.raises(InputError, match="mask cannot be given for rows that are not in memory"):
        VAE(**SMALL).fit(folder, mask=np.zeros((40, 2), dtype=bool))
    with pytest.raises(InputError, match="sample_weight must be above 0"):
        VAE(**SMALL).fit(folder, sample_weight=[0.0] * 20 + [1.0] * 20)


def test_a_path_that_leads_nowhere(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="There is no file"):
        VAE(**SMALL).fit(tmp_path / "x.parquet")


@pytest.mark.parametrize("shape", [(41, 6), (30, 4, 4, 3)])
def test_batches_are_those_of_rows_in_memory(
    tmp_path: Path, shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of shards of four rows, of which two are in memory: they are read and replaced all the time."""
    monkeypatch.setattr(stored_rows, "SHARD_CELLS", 4 * int(np.prod(shape[1:])))
    monkeypatch.setattr(stored_rows, "WINDOW_CELLS", 8 * int(np.prod(shape[1:])))
    x = np.random.default_rng(1).random(shape)
    x[3, 2] = np.nan
    np.save(tmp_path / "x.npy", x)
    schema = Schema.infer(x)
    memory = Rows.of(x, schema)
    disk = stored_rows.stored_rows(np.load(tmp_path / "x.npy", mmap_mode="r"), schema, None, None, lambda: None)
    for rows in (disk, disk.take(torch.arange(5, len(x)))):
        known = memory if rows is disk else memory.take(torch.arange(5, len(x)))
        assert rows.values.shape == known.values.shape
        some = [torch.tensor([a, b, a + 1]) for a, b in np.random.default_rng(2).integers(0, len(rows) - 1, (40, 2))]
        for index in (slice(2, 9), torch.tensor([4]), torch.arange(len(rows)).flip(0), *some):
            found, wanted = rows.batch(index), known.batch(index)
            assert torch.equal(found.x, wanted.x)
            assert torch.equal(found.observed, wanted.observed)
