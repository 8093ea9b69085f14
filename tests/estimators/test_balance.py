"""Class balance of generated rows: exact counts, and rows of a level as those in which it is given; rare levels keep
their shares without it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quintet import VAE
from quintet.errors import InputError, Unanswerable
from quintet.estimators._answers.balance import _counts
from tests.estimators.test_table_answers import fitted
from tests.shared import Shared, hardly_measured
from tests.tables import assert_legal, small_table


@pytest.fixture(scope="module")
def vae(shared: Shared) -> VAE:
    return fitted(shared, "columns")


def test_each_level_has_as_many_rows(vae: VAE) -> None:
    rows = vae.generate(50, balance="place")
    assert sorted(rows.place.value_counts()) == [12, 12, 13, 13]
    assert_legal(rows, small_table(2))
    pd.testing.assert_frame_equal(vae.generate(50, balance="place", batch_rows=7), rows)
    assert rows.place.ne(rows.place.shift()).sum() > 10, "levels are not in blocks"


def test_levels_have_the_shares_that_are_asked_for(vae: VAE) -> None:
    rows = vae.generate(40, balance={"free": {True: 0.9, False: 0.1}}, given={"age": (30, 50)})
    assert rows.free.sum() == 36
    assert rows.age.between(30, 50).all()
    none = vae.generate(30, balance={"size": {"L": 1.0}}, missing=True)
    assert (none["size"] == "L").all()
    assert none.drop(columns="key").isna().any(axis=None)


def test_rows_of_a_level_are_those_of_the_level_given(vae: VAE) -> None:
    """Free rows are of the second group, whose ages are 25 higher."""
    rows = vae.generate(300, balance="free")
    wanted = vae.generate(300, given={"free": True}, random_state=3)
    assert rows[rows.free].age.mean() == pytest.approx(wanted.age.mean(), abs=3)
    assert rows[rows.free].age.mean() > rows[~rows.free].age.mean() + 5


@given(st.lists(st.floats(0, 1), min_size=1, max_size=9).filter(lambda found: sum(found) > 0), st.integers(1, 1000))
@settings(max_examples=50, deadline=None)
def test_counts_add_up_and_are_within_one_of_their_shares(sizes: list[float], n: int) -> None:
    shares = np.array(sizes) / sum(sizes)
    counts = _counts(shares, n)
    assert counts.sum() == n
    assert (np.abs(counts - shares * n) < 1 + 1e-6).all()


WRONG: dict[str, tuple[Any, str]] = {
    "numbers": ("age", "needs a column of levels, got 'age'"),
    "no column": ("plaice", "did you mean 'place'"),
    "left out": ("key", "leaves out column 'key'"),
    "no level": ({"place": {"wesst": 1.0}}, "did you mean 'west'"),
    "too much": ({"free": {True: 0.9, False: 0.3}}, "add up to 1"),
    "below zero": ({"free": {True: 1.5, False: -0.5}}, "at least 0"),
    "no number": ({"free": {True: "half", False: 0.5}}, "add up to 1"),
    "two columns": ({"free": {True: 1}, "place": {"west": 1}}, "one column, got 2"),
    "no shares": ({"free": 0.5}, "must map column 'free'"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_balanced_is_refused(vae: VAE, case: str) -> None:
    balance, words = WRONG[case]
    with pytest.raises(InputError, match=words):
        vae.generate(4, balance=balance)


def test_balance_needs_a_decoder_that_sees_cells_and_a_free_column(vae: VAE, shared: Shared) -> None:
    with pytest.raises(InputError, match="both name column 'free'"):
        vae.generate(4, balance="free", given={"free": True})
    with pytest.raises(Unanswerable, match="given needs a context decoder"):
        fitted(shared, "none").generate(4, balance="free")


def test_a_rare_level_keeps_its_share() -> None:
    rng = np.random.default_rng(0)
    flag = np.arange(2000) < 118  # 5.9 %
    rows = pd.DataFrame(
        {"flag": flag, "x": rng.normal(2.0 * flag, 1.0).round(2), "kind": rng.choice(list("abc"), 2000)}
    )
    rows = rows.sample(frac=1, random_state=1)
    with hardly_measured():
        plans = [
            VAE(epochs=20, latent_dim=2, network={"kind": "mlp", "hidden": (32,)}, random_state=seed)
            for seed in range(4)
        ]
        shares = [plan.fit(rows).generate(4000).flag.mean() for plan in plans]
    assert 0.05 <= np.mean(shares) <= 0.07, shares  # that of one fit of so few steps is off by up to a third
