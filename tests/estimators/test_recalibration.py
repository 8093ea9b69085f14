"""p-values calibrated on other normal rows, without training."""

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom

from quintet import VAE, load
from quintet.errors import InputError, QuintetWarning
from tests.estimators.test_table_answers import fitted
from tests.shared import Shared, hardly_measured, uncrossed
from tests.tables import small_table

TINY = {"network": {"kind": "mlp", "hidden": (16,)}, "latent_dim": 2, "epochs": 6}


def normal(rows: int, seed: int, moved: float = 0.0, holes: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, 1)) @ np.ones((1, 4)) + 0.5 * rng.normal(size=(rows, 4)) + moved
    return np.where((rng.random(X.shape) < holes) & (np.arange(4) > 0), np.nan, X)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recalibration") / "model.safetensors"
    with hardly_measured():
        VAE(calibration=0.3, **TINY).fit(normal(500, 0)).save(path)
    return path


@pytest.mark.parametrize("holes", [0.0, 0.2])
def test_p_values_of_the_new_source_are_uniform_afterwards(path: Path, holes: float) -> None:
    vae, moved, n = load(path), normal(300, 1, 1.5), 300
    before = vae.detect(moved).p_values
    assert (before <= 0.1).sum() > binom.ppf(0.99999, n, 0.1)
    weights, latents = vae.fitted_.weights, vae.transform(moved)
    assert vae.recalibrate(normal(600, 2, 1.5)) is vae
    found = vae.detect(normal(n, 3, 1.5, holes))
    for level in (0.05, 0.1, 0.3, 0.5):
        assert (found.p_values <= level).sum() <= binom.ppf(0.9999, n, level) + 3 * n * level / 600**0.5
        assert (found.p_values <= level).sum() >= binom.ppf(0.0001, n, level) - 3 * n * level / 600**0.5
    assert found.calibration_rows == 480
    assert vae.fitted_.weights == weights
    assert np.array_equal(vae.transform(moved), latents)
    assert vae.held_out_ == 600
    assert "calibrated on 600 other rows" in vae.notes_[-1]


def test_the_file_keeps_the_new_calibration(path: Path, tmp_path: Path) -> None:
    vae, rows, asked = load(path), normal(60, 4, 1.5), normal(30, 5, 1.5, 0.1)
    vae.detect(asked)  # fills the cache, which must not outlive the rows that it is of
    vae.recalibrate(rows).save(tmp_path / "other.safetensors")
    again = load(tmp_path / "other.safetensors")
    assert np.array_equal(again.detect(asked).p_values, vae.detect(asked).p_values)
    assert np.array_equal(again.predict(asked), vae.predict(asked))
    assert again.offset_ == vae.offset_ != load(path).offset_
    assert set(again.parts_of(rows)) == {"calibration"}
    assert set(again.parts_of(normal(500, 0))) == {"train", "held_out"}


def test_tables_and_conditional_models(shared: Shared, images: np.ndarray, labels: np.ndarray) -> None:
    vae = fitted(shared, "columns")
    vae.recalibrate(small_table(80, seed=7))
    assert vae.detect(small_table(20, seed=8)).calibration_rows <= 80
    with hardly_measured(), uncrossed():
        cvae = VAE("cvae", **TINY).fit(images[:100], labels[:100])
    with pytest.raises(InputError, match="condition must be given"):
        cvae.recalibrate(images[100:150])
    cvae.recalibrate(images[100:150], labels[100:150])
    for condition in (None, labels[150:170]):
        assert cvae.detect(images[150:170], condition=condition).calibration_rows == 40


def test_few_rows_and_training_rows(path: Path) -> None:
    vae = load(path)
    with pytest.raises(InputError, match="at least 20 normal rows to calibrate p-values, got 19"):
        vae.recalibrate(normal(19, 0))
    with pytest.warns(QuintetWarning, match="350 of these 500 rows trained the model"):
        vae.recalibrate(normal(500, 0))
