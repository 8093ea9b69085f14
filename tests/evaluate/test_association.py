"""Associations against their textbook formulas, without the bias of few rows, on any pattern of missing cells."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from quintet.evaluate.association import associations


def test_the_associations_of_columns_that_follow_from_each_other_are_one() -> None:
    level = np.repeat(np.arange(4.0), 50)
    number = np.exp(np.arange(200.0) / 40)
    found = associations(np.stack([number, -(number**3), level, 3 - level, np.zeros(200)], 1), (0, 0, 4, 4, 0))
    assert found[0, 1] == pytest.approx(-1)
    assert found[2, 3] == pytest.approx(1)
    assert found[0, 2] > 0.95
    np.testing.assert_array_equal(found[4, :4], 0)
    np.testing.assert_array_equal(np.diag(found), 1)
    np.testing.assert_array_equal(found, found.T)


@pytest.mark.parametrize(("holes", "pairs"), [(0.0, 40), (0.3, 20)])
def test_independent_columns_have_associations_near_zero_in_few_rows_too(holes: float, pairs: int) -> None:
    rng, sums = np.random.default_rng(0), np.zeros((5, 5))
    for _ in range(60):
        rows = np.stack([rng.normal(size=40), rng.exponential(size=40), *rng.integers(0, 6, (3, 40))], 1).astype(float)
        rows[rng.random(rows.shape) < holes] = np.nan
        found = associations(rows, (0, 0, 6, 6, 6))
        sums += np.sign(found) * found**2 / 60
    assert np.abs(sums - np.eye(5)).max() < 2.4 / pairs, "without correction about 5 / pairs"


def test_the_correlation_of_full_columns_is_spearmans() -> None:
    rows = np.random.default_rng(1).normal(size=(30, 3)).round(1)
    np.testing.assert_allclose(associations(rows, (0, 0, 0)), spearmanr(rows).statistic, atol=1e-12)


def test_columns_that_no_row_has_both_of_have_none() -> None:
    rows = np.full((10, 4), np.nan)
    rows[:5, :2], rows[5:, 2:] = np.arange(10).reshape(5, 2), np.arange(10).reshape(5, 2) % 3
    found = associations(rows, (0, 4, 0, 3))
    assert np.isfinite(found).all()
    assert found[0, 2] == found[1, 3] == found[0, 3] == 0
