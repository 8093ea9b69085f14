"""Each figure against a plain or a published definition."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import sqrtm
from scipy.stats import binom, kstest
from sklearn.metrics import roc_auc_score

from quintet.evaluate import (
    active_units,
    auroc,
    bits_per_dimension,
    coverage,
    frechet_distance,
    mse,
    pit,
    psnr,
    rate_per_latent,
)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=2, max_size=60))
def test_auroc_is_scikit_learns(rows: list[tuple[bool, int]]) -> None:
    truth, scores = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
    if truth.all() or not truth.any():
        assert math.isnan(auroc(truth, scores))
    else:
        assert auroc(truth, scores) == pytest.approx(roc_auc_score(truth, scores))


def test_frechet_distance_is_the_textbook_one() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(400, 6)) @ rng.normal(size=(6, 6)), rng.normal(size=(300, 6)) @ rng.normal(size=(6, 6)) + 1
    ca, cb = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    expected = np.square(a.mean(0) - b.mean(0)).sum() + np.trace(ca + cb - 2 * sqrtm(ca @ cb).real)
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-6)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(a, a + np.array([3, 0, 0, 0, 0, 0])) == pytest.approx(9, rel=1e-6)
    assert frechet_distance(np.ones((5, 1)), np.zeros((1, 1))) == pytest.approx(1)


def test_psnr_and_mse_are_per_row() -> None:
    clean = np.zeros((2, 2, 2), np.uint8)
    found = np.array([[[0, 0], [0, 10]], [[5, 5], [5, 5]]], np.uint8)
    assert mse(clean, found) == pytest.approx([25, 25])
    assert psnr(clean, found) == pytest.approx([10 * math.log10(255**2 / 25)] * 2)
    assert psnr(clean, clean, peak=16) == pytest.approx([100, 100])
    where = np.zeros(clean.shape, bool)
    where[0, 1] = True
    assert mse(clean, found, where)[0] == pytest.approx(50)
    assert math.isnan(mse(clean, found, where)[1])


def test_bits_per_dimension_of_uniform_pixels_is_eight() -> None:
    assert bits_per_dimension(784 * math.log(1 / 256), 784) == pytest.approx(8)


def test_active_units_and_rates() -> None:
    rng = np.random.default_rng(0)
    means = rng.normal(size=(1000, 3)) * [1.0, 0.05, 0.5]
    assert active_units(means) == 2
    assert rate_per_latent([[1.0, 3.0], [3.0, 5.0]]) == pytest.approx([2, 4])


def test_randomised_pit_of_a_true_discrete_model_is_uniform() -> None:
    x = np.random.default_rng(0).binomial(4, 0.1, size=5000)
    u = pit(binom.cdf(x - 1, 4, 0.1), binom.cdf(x, 4, 0.1), seed=1)
    assert kstest(u, "uniform").pvalue > 0.01
    assert coverage(u) == pytest.approx(0.9, abs=0.02)
    closed = (binom.cdf(x, 4, 0.1) >= 0.05) & (binom.cdf(x - 1, 4, 0.1) <= 0.95)
    assert closed.mean() > 0.97  # what the transform is for: closed intervals cover too much
    narrow = pit(binom.cdf(x - 1, 4, 0.02), binom.cdf(x, 4, 0.02), seed=1)
    assert coverage(narrow) < 0.85
