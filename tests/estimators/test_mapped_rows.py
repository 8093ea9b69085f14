"""Fits and answers of rows mapped from a file are those of rows in memory, bit for bit."""

from pathlib import Path

import numpy as np
import pytest
import torch

from quintet import VAE
from quintet.data import mapped_rows
from quintet.data.dataset import Rows
from quintet.data.mapped_rows import MappedRows
from quintet.data.schema import Schema
from quintet.estimators._fit import fitting
from tests.shared import hardly_measured, uncrossed
from tests.training.tiny import equal

X = np.random.default_rng(0).integers(0, 256, (260, 6, 6, 2), dtype=np.uint8)
OPTIONS = {"latent_dim": 2, "network": {"kind": "mlp", "hidden": (8,)}, "epochs": 4, "context": "none"}


@pytest.fixture
def mapped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """X in a file that is larger than what is copied into memory; nothing of it may be written to."""
    monkeypatch.setattr(mapped_rows, "IN_MEMORY", 5_000)
    np.save(tmp_path / "x.npy", X)
    return np.load(tmp_path / "x.npy", mmap_mode="r")


def rows_of(array: np.ndarray) -> Rows:
    return mapped_rows.mapped_rows(Rows.of(array, Schema.infer(X), np.arange(len(X)) % 3), array)


def test_rows_share_the_file_s_memory_and_small_selections_do_not(mapped: np.ndarray) -> None:
    rows = rows_of(mapped)
    assert isinstance(rows, MappedRows)
    assert np.shares_memory(rows.values.numpy(), mapped)
    many, few = rows.take(torch.arange(0, 200, 2)), rows.take(slice(3, 9))
    assert isinstance(many, MappedRows)
    assert many.values.data_ptr() == rows.values.data_ptr()
    assert type(few) is Rows
    assert not isinstance(rows_of(X), MappedRows)


@pytest.mark.parametrize("index", [slice(5, 190), torch.arange(259, 3, -1), torch.arange(260) % 7 > 1])
def test_selections_and_batches_are_those_in_memory(mapped: np.ndarray, index: slice | torch.Tensor) -> None:
    one, two = rows_of(mapped).take(index), rows_of(X).take(index)
    assert isinstance(one, MappedRows)
    assert len(one) == len(two)
    assert torch.equal(one.in_memory().values, two.values)
    for some in (slice(2, 50), torch.tensor([7, 1, 1])):
        for a, b in ((one, two), (one.take(slice(0, 90)), two.take(slice(0, 90)))):
            assert torch.equal(a.batch(some).x, b.batch(some).x)
            assert torch.equal(a.batch(some).observed, b.batch(some).observed)


def test_fit_and_answers_are_the_same_and_training_reads_the_file(
    mapped: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained, train = [], fitting.train
    monkeypatch.setattr(
        "quintet.estimators.vae.train", lambda job, **rest: trained.append(job.parts) or train(job, **rest)
    )
    with hardly_measured(), uncrossed():
        one = VAE(**OPTIONS).fit(X)
        two = VAE(**OPTIONS).fit(mapped, checkpoint=tmp_path / "run")
    assert isinstance(trained[1].train, MappedRows)
    assert not isinstance(trained[1].calibration, MappedRows)
    assert equal(one.fitted_.model.state_dict(), two.fitted_.model.state_dict())
    assert equal(one.fitted_.artifacts.tensors(), two.fitted_.artifacts.tensors())
    np.testing.assert_array_equal(one.detect(X).scores, two.detect(mapped).scores)
    np.testing.assert_array_equal(one.denoise(X[:200], "salt"), two.denoise(mapped[:200], "salt"))
    hole = np.eye(6, dtype=bool)
    np.testing.assert_array_equal(one.impute(X[:90], mask=hole), two.impute(mapped[:90], mask=hole))
    np.testing.assert_array_equal(two.decompress(two.compress(mapped)), X)


@pytest.mark.parametrize("kind", ["binarised", "real"])
def test_other_kinds_of_mapped_rows_are_fitted_too(mapped: np.ndarray, kind: str) -> None:
    with hardly_measured(), uncrossed():
        one, two = (VAE(**OPTIONS, kind=kind).fit(rows) for rows in (X, mapped))
    assert equal(one.fitted_.model.state_dict(), two.fitted_.model.state_dict())


def test_checkpoints_of_mapped_rows_and_of_rows_in_memory_are_one(mapped: np.ndarray) -> None:
    from quintet.training.loader import rows_fingerprint

    assert rows_fingerprint(rows_of(mapped)) == rows_fingerprint(rows_of(X))
    other = rows_of(X).take(torch.arange(260).flip(0))
    assert rows_fingerprint(other) != rows_fingerprint(rows_of(X))
