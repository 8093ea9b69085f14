"""Rubin's rules: the worked figures of the definition, limits, and coverage where draws are right."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from quintet.errors import InputError
from quintet.evaluate import pool


def test_the_rules_by_hand() -> None:
    found = pool([1.0, 2.0, 3.0], [0.5, 0.5, 0.8], degrees=20)
    within, between = 0.6, 1.0
    total = within + 4 / 3 * between
    lost = 4 / 3 * between / total
    old, observed = 2 / lost**2, 21 / 23 * 20 * (1 - lost)
    assert found.estimate == pytest.approx(2.0)
    assert found.variance == pytest.approx(total)
    assert found.lost == pytest.approx(lost)
    assert found.degrees == pytest.approx(old * observed / (old + observed))
    low, high = found.interval(0.9)
    half = stats.t.ppf(0.95, found.degrees) * np.sqrt(total)
    assert (low, high) == pytest.approx((2 - half, 2 + half))
    assert found.p_value == pytest.approx(2 * stats.t.sf(2 / np.sqrt(total), found.degrees))


def test_without_missing_cells_it_is_the_estimate_of_the_data() -> None:
    found = pool(np.full((5, 2), [1.0, -3.0]), np.full((5, 2), [0.25, 4.0]), degrees=30)
    assert found.estimate.tolist() == [1.0, -3.0]
    assert found.variance.tolist() == [0.25, 4.0]
    assert found.lost.tolist() == [0.0, 0.0]
    assert (found.degrees < 30).all()  # Barnard and Rubin: (df + 1) / (df + 3) df
    assert np.isinf(pool([1.0, 1.0], [0.5, 0.5]).degrees)


def test_intervals_cover_the_mean_as_often_as_they_say() -> None:
    """The mean of 30 normal values of which half are missing, drawn by the posterior predictive distribution."""
    rng, inside = np.random.default_rng(0), 0
    for _ in range(400):
        seen = rng.normal(1.0, 2.0, 15)
        sigma = np.sqrt(seen.var(ddof=1) * 14 / rng.chisquare(14, 8))
        centre = seen.mean() + sigma * rng.normal(size=8) / np.sqrt(15)
        rows = np.concatenate([np.tile(seen, (8, 1)), rng.normal(centre[:, None], sigma[:, None], (8, 15))], 1)
        low, high = pool(rows.mean(1), rows.var(1, ddof=1) / 30, degrees=29).interval()
        inside += low <= 1.0 <= high
    assert 0.92 <= inside / 400 <= 0.99


def test_what_cannot_be_pooled_is_refused() -> None:
    with pytest.raises(InputError, match="at least 2 completed data sets, got 1"):
        pool([1.0], [1.0])
    with pytest.raises(InputError, match="variances at least 0"):
        pool([1.0, 2.0], [1.0, -1.0])
    with pytest.raises(InputError):
        pool([1.0, 2.0], [1.0])
