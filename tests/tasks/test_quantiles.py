"""Quantiles of missing cells."""

from functools import cache

import numpy as np
import pytest

from quintet import VAE
from quintet.errors import InputError
from quintet.networks import Mlp


def waves(n: int, seed: int) -> np.ndarray:
    draw = np.random.default_rng(seed)
    phase = draw.random((n, 1)) * 6
    return np.sin(phase + np.arange(12) * 0.7) + 0.3 * draw.normal(size=(n, 12))


@cache
def fitted(layout: str) -> VAE:
    options = {"layout": "steps"} if layout == "steps" else {"kind": "real"}
    return VAE(latent_dim=2, network=Mlp(hidden=(16,)), epochs=12, random_state=0, **options).fit(waves(600, 0))


@pytest.mark.parametrize("layout", ["steps", "auto"])
def test_quantiles_rise_keep_observed_cells_and_hold_the_share_of_the_truth(layout: str) -> None:
    truth, rows = waves(200, 1), waves(200, 1)
    rows[:, 6:9] = np.nan
    shares = (0.05, 0.3, 0.5, 0.7, 0.95)
    mean, found = fitted(layout).impute(rows, quantiles=shares)
    assert found.shape == (5, 200, 12)
    gone = np.isnan(rows)
    assert (found[:, ~gone] == rows[~gone]).all()
    assert (mean[~gone] == rows[~gone]).all()
    assert (np.diff(found[:, gone], axis=0) > 0).all()
    below = [(truth[gone] <= each[gone]).mean() for each in found]
    np.testing.assert_allclose(below, shares, atol=0.1)


def test_quantiles_are_those_of_many_draws() -> None:
    rows = waves(20, 2)
    rows[:, 5] = np.nan
    _, found = fitted("steps").impute(rows, quantiles=(0.2, 0.8))
    draws = fitted("steps").impute(rows, draws=800)
    np.testing.assert_allclose(np.quantile(draws[:, :, 5], (0.2, 0.8), axis=0), found[:, :, 5], atol=0.12)


@pytest.mark.parametrize(
    ("quantiles", "draws", "words"), [((0.5,), 2, "together with draws"), ((1.0,), 0, "quantiles")]
)
def test_what_cannot_be_asked(quantiles: tuple[float, ...], draws: int, words: str) -> None:
    with pytest.raises(InputError, match=words):
        fitted("steps").impute(waves(3, 0), quantiles=quantiles, draws=draws)


def test_levels_have_no_quantiles() -> None:
    letters = np.random.default_rng(0).integers(0, 4, (60, 5))
    vae = VAE(layout="steps", kind="token", latent_dim=2, epochs=1, random_state=0).fit(letters)
    with pytest.raises(InputError, match="quantiles needs rows of kind 'real', got series of 5, kind token"):
        vae.impute(letters[:2], mask=np.eye(2, 5, dtype=bool), quantiles=(0.5,))
