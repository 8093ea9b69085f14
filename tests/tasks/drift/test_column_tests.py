"""Tests of one column: they keep their level, find changes, and read the training rows from few points."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, ks_2samp

from quintet.data.dataset import Rows
from quintet.data.schema import Schema
from quintet.tasks.drift.column_changes import known_columns
from quintet.tasks.drift.column_shares import fit_column_shares
from quintet.tasks.drift.column_tests import levels_change, missing_change, numbers_change, surprise_change, two_samples

TRIALS = 300


def known(x: np.ndarray, weight: np.ndarray | None = None, kind: str = "real"):
    """The column x (n,) as a file keeps it, and how to take other values to the model's units."""
    schema = Schema.infer(x[:, None], kind=kind)
    shares = fit_column_shares(schema, Rows.of(x[:, None], schema, sample_weight=weight))
    assert shares is not None
    return known_columns(shares)[0], lambda new: Rows.of(new[:, None], schema).values[:, 0].double().numpy()


SAMPLERS = {
    "normal": lambda rng, n: rng.normal(size=n),
    "atoms": lambda rng, n: np.where(rng.random(n) < 0.4, 0.0, rng.exponential(size=n)),
    "counts": lambda rng, n: rng.poisson(2.0, n).astype(float),
    "tails": lambda rng, n: rng.standard_cauchy(n).clip(-1e6, 1e6),
}


@pytest.mark.parametrize("name", SAMPLERS)
@pytest.mark.parametrize(("n", "m"), [(40, 60), (400, 30), (60, 500)])
def test_numbers_of_one_law_are_seldom_called_changed(name: str, n: int, m: int) -> None:
    rng, draw = np.random.default_rng(n + m), SAMPLERS[name]
    found = []
    for _ in range(TRIALS):
        column, units = known(draw(rng, n))
        change = numbers_change(column, units(draw(rng, m)), True)
        assert change is not None
        found.append(change.p_value)
    for level in (0.02, 0.1, 0.3):
        assert (np.array(found) <= level).sum() <= binom.ppf(0.9999, TRIALS, level)


@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.9, 0.08, 0.02), (0.7, *[0.01] * 30), (0.995, 0.005)])
@pytest.mark.parametrize(("n", "m"), [(50, 30), (500, 20), (100, 400)])
def test_levels_of_one_law_are_seldom_called_changed(shares: tuple[float, ...], n: int, m: int) -> None:
    rng, codes = np.random.default_rng(n + m), len(shares)
    column, _ = known(np.arange(codes, dtype=float))
    found = []
    for _ in range(TRIALS):
        before = rng.choice(codes, n, p=shares)
        of = np.cumsum(np.bincount(before, minlength=codes)) / n
        trained = type(column)(np.arange(codes, dtype=float), of, n, n, 0.0, 0.0, 1.0)
        change = levels_change(trained, rng.choice(codes, m, p=shares).astype(float))
        assert change is not None
        found.append(change.p_value)
    for level in (0.02, 0.1, 0.3):
        assert (np.array(found) <= level).sum() <= binom.ppf(0.9999, TRIALS, level)


def test_changes_are_found_and_stated() -> None:
    rng = np.random.default_rng(0)
    column, units = known(rng.normal(50, 10, 2000))
    moved = numbers_change(column, units(rng.normal(56, 10, 200)), True)
    assert moved.kind == "mean"
    assert moved.p_value < 1e-6
    assert moved.after - moved.before == pytest.approx(0.6, abs=0.2)  # type: ignore[union-attr]
    wider = numbers_change(column, units(rng.normal(50, 25, 400)), True)
    assert wider.p_value < 1e-6
    assert wider.size > 0.1
    codes = rng.choice(3, 1000, p=(0.6, 0.4, 0.0)).astype(float)
    trained, _ = known(codes)
    trained = type(trained)(
        np.arange(3.0), np.cumsum(np.bincount(codes.astype(int), minlength=3)) / 1000, 1000, 1000, 0, 0, 1
    )
    new = levels_change(trained, rng.choice(3, 200, p=(0.5, 0.4, 0.1)).astype(float))
    assert new.p_value < 1e-3  # type: ignore[union-attr]
    assert missing_change(trained, 0, 60) is None
    assert missing_change(trained, 6, 60).p_value < 1e-4  # type: ignore[union-attr]
    assert surprise_change(np.zeros(0), np.ones(3)) is None
    assert numbers_change(column, np.zeros(0), True) is None


@settings(max_examples=25)
@given(st.integers(2, 300), st.integers(1, 80), st.integers(0, 2**32 - 1), st.booleans())
def test_few_points_never_exaggerate(n: int, m: int, seed: int, whole: bool) -> None:
    """The difference over the points that are kept is at most that over all training values."""
    rng = np.random.default_rng(seed)
    x, new = (np.round(3 * rng.normal(size=size), 0 if whole else 6) for size in (n, m))
    x[:2] = 0.0, 1.0
    column, units = known(x)
    change = numbers_change(column, units(new), True)
    assert change is not None
    assert change.size <= ks_2samp(units(x), units(new)).statistic + 1e-6
    assert 0 <= change.p_value <= 1


def test_weights_count_as_repeated_rows_and_the_rows_as_fewer() -> None:
    rng = np.random.default_rng(1)
    x, times = rng.normal(size=300), rng.integers(1, 4, 300)
    repeated, _ = known(np.repeat(x, times))
    schema = Schema.infer(np.repeat(x, times)[:, None], kind="real")
    shares = fit_column_shares(schema, Rows.of(x[:, None], schema, sample_weight=times))
    weighted = known_columns(shares)[0]  # type: ignore[arg-type]
    assert np.allclose(weighted.values, repeated.values)
    assert np.allclose(weighted.shares, repeated.shares, atol=1e-6)
    assert weighted.mean == pytest.approx(repeated.mean, abs=1e-6)
    assert weighted.spread == pytest.approx(repeated.spread, abs=1e-6)
    assert weighted.rows == pytest.approx(times.sum() ** 2 / np.square(times).sum(), rel=1e-6)


def test_two_samples_agree_with_scipy() -> None:
    rng = np.random.default_rng(2)
    one, other = rng.normal(size=300), rng.normal(0.1, 1, 200)
    assert two_samples(one, other) == pytest.approx(ks_2samp(one, other, method="asymp").pvalue)


def test_a_column_without_values_is_kept_as_such() -> None:
    x = np.stack([np.arange(20.0), np.full(20, np.nan)], 1)
    schema = Schema.infer(x, kind="real")
    shares = fit_column_shares(schema, Rows.of(x, schema))
    assert shares is not None
    assert shares.missing.tolist() == [0, 1]
    assert bool(torch.stack([t.isfinite().all() for t in shares.by_field().values()]).all())
    assert numbers_change(known_columns(shares)[1], np.zeros(5), True) is None
