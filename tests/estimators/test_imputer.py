"""Imputer: a transformer that leaves what was seen as it was."""

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from quintet import VAE, Imputer
from quintet.errors import InputError, QuintetWarning

TINY: dict[str, Any] = {"latent_dim": 2, "network": {"kind": "mlp", "hidden": (32,)}, "training": {"batch_size": 32}}


@pytest.fixture(scope="module")
def holes(table: np.ndarray) -> np.ndarray:
    """A third of the cells of the last columns missing."""
    out = table.copy()
    gone = np.random.default_rng(1).random(out.shape) < 0.33
    gone[:, :2] = False
    out[gone] = np.nan
    return out


def test_seen_cells_stay_and_missing_ones_are_guessed_better_than_by_the_mean(
    table: np.ndarray, holes: np.ndarray
) -> None:
    filled = Imputer(VAE(**TINY, epochs=150)).fit_transform(holes)
    there = ~np.isnan(holes)
    assert np.array_equal(filled[there], table[there])
    error = ((filled - table) / table.std(0))[~there]
    naive = ((np.nanmean(holes, 0) - table) / table.std(0))[~there]
    assert np.square(error).mean() < 0.8 * np.square(naive).mean()


def test_draws_differ_from_the_mean_and_by_seed(holes: np.ndarray) -> None:
    vae = VAE(**TINY, epochs=3)
    mean = Imputer(vae).fit_transform(holes)
    one, two = (Imputer(vae, sample_posterior=True, random_state=seed).fit_transform(holes) for seed in (0, 1))
    gone = np.isnan(holes)
    assert (one[gone] != two[gone]).mean() > 0.9
    assert (one[gone] != mean[gone]).mean() > 0.9


def test_it_is_a_step_of_a_pipeline_and_its_model_can_be_searched(holes: np.ndarray) -> None:
    pipeline = make_pipeline(Imputer(VAE(**TINY, epochs=2), effort="low"), LinearRegression())
    pipeline.set_params(imputer__vae__latent_dim=1)
    assert np.isfinite(cross_val_score(pipeline, holes, holes[:, 0], cv=2)).all()


def test_frames_keep_their_columns(holes: np.ndarray) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(holes, columns=list("abcde"))
    imputer = Imputer(VAE(**TINY, epochs=2), effort="low").set_output(transform="pandas")
    filled = imputer.fit_transform(frame)
    assert list(filled.columns) == list("abcde") == list(imputer.get_feature_names_out())


def test_a_column_that_was_never_seen_is_filled(holes: np.ndarray) -> None:
    never = holes.copy()
    never[:, 4] = np.nan
    with pytest.warns(QuintetWarning, match="Training held no value of column 4"):
        assert np.isfinite(Imputer(VAE(**TINY, epochs=2), effort="low").fit_transform(never)).all()


def test_images_are_refused(images: np.ndarray) -> None:
    with pytest.raises(InputError, match=r"use VAE\.impute for images"):
        Imputer().fit(images)
