"""p-values and decisions against their definitions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quintet.tasks.detect.p_values import discoveries, p_values, rows_needed

SHARES = st.lists(st.integers(1, 40).map(lambda k: k / 40), min_size=1, max_size=30)


def benjamini_hochberg(p: np.ndarray, fdr: float) -> np.ndarray:
    """Word for word: k the largest number such that k p-values are at most fdr k / n; these are rejected."""
    n, best = len(p), 0
    for k in range(1, n + 1):
        if np.sort(p)[k - 1] <= fdr * k / n * (1 + 1e-12):
            best = k
    threshold = np.sort(p)[best - 1] if best else -1.0
    return p <= threshold


@given(SHARES, st.sampled_from([0.01, 0.05, 0.1, 0.25, 0.5, 1.0]))
def test_discoveries_are_benjamini_and_hochbergs(p: list[float], fdr: float) -> None:
    assert (discoveries(np.array(p), fdr) == benjamini_hochberg(np.array(p), fdr)).all()


def test_no_false_discovery_allowed_means_no_discovery() -> None:
    assert not discoveries(np.array([1e-9, 0.5]), 0.0).any()
    assert discoveries(np.zeros(0), 0.1).shape == (0,)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 60), st.integers(0, 10**6), st.booleans())
def test_p_values_of_normal_rows_are_super_uniform(held: int, seed: int, ties: bool) -> None:
    """Over every place that a new row can take among exchangeable rows, P(p <= t) <= t for every t; exactly."""
    rng = np.random.default_rng(seed)
    pool = rng.integers(0, 5, held + 1).astype(float) if ties else rng.normal(size=held + 1)
    p = np.array([p_values(pool[[i]], np.delete(pool, i))[0] for i in range(held + 1)])
    for t in p:
        assert np.mean(p <= t) <= t + 1e-12
    if not ties:
        assert sorted(p) == pytest.approx(np.arange(1, held + 2) / (held + 1))


def test_p_values_fall_as_scores_rise_and_never_reach_zero() -> None:
    found = p_values(np.array([-1e9, 0.0, 2.0, 1e9, np.inf]), np.array([3.0, 1.0, 2.0]))
    assert found == pytest.approx([1.0, 1.0, 0.75, 0.25, 0.25])


def test_false_discovery_rate_is_kept() -> None:
    rng, shares = np.random.default_rng(0), []
    for _ in range(400):
        scores = np.concatenate([rng.normal(size=90), rng.normal(4, 1, 10)])
        called = discoveries(p_values(scores, rng.normal(size=500)), 0.2)
        shares.append(called[:90].sum() / max(1, called.sum()))
    assert np.mean(shares) <= 0.2
    assert np.mean(shares) > 0.1  # and it is not just that nothing is called


@pytest.mark.parametrize(("n", "strange", "held", "fdr"), [(50, 13, 20, 0.05), (40, 12, 30, 0.08), (100, 100, 3, 0.1)])
def test_as_many_rows_as_it_says_are_needed(n: int, strange: int, held: int, fdr: float) -> None:
    """With the number named, the strangest rows are called; with one fewer they are not."""

    def p_with(rows: int) -> np.ndarray:
        scores = np.concatenate([np.full(strange, 1e9), np.full(n - strange, -1e9)])
        return p_values(scores, np.zeros(rows))

    needed = rows_needed(p_with(held), held, fdr)
    assert needed > held
    assert discoveries(p_with(needed), fdr).sum() == strange
    assert not discoveries(p_with(needed - 1), fdr).any()
    assert rows_needed(p_with(needed), needed, fdr) == 0


def test_chance_is_no_reason_to_ask_for_more_rows() -> None:
    rng = np.random.default_rng(0)
    needed = [rows_needed(p_values(rng.normal(size=800), rng.normal(size=300)), 300, 0.05) for _ in range(200)]
    assert np.mean(np.array(needed) > 0) < 0.05
    assert rows_needed(np.array([0.5, 0.75]), 3, 0.1) == 9  # but with three rows nothing can ever be called
