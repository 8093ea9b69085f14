"""Rows of a table of which some columns are given: always met, and as unconditional rows that are filtered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict

from quintet import VAE
from quintet.errors import InputError, Unanswerable
from tests.estimators.test_table_answers import fitted
from tests.shared import Shared
from tests.tables import assert_legal, small_table

GIVEN: dict[str, tuple[dict[str, Any], Any]] = {
    "level": ({"place": "west"}, lambda X: X.place == "west"),
    "levels": ({"size": ("M", None), "free": [True]}, lambda X: X["size"].isin(["M", "L"]) & X.free),
    "numbers": (
        {"age": (30, 50), "price": [1.5, 2.25, 7], "visits": 3},
        lambda X: X.age.between(30, 50) & X.price.isin([1.5, 2.25, 7]) & (X.visits == 3),
    ),
    "times": (
        {"when": ("2024-03-01", "2024-06-30"), "same": "x"},
        lambda X: X.when.between("2024-03-01", "2024-06-30") & (X.same == "x"),
    ),
}


@pytest.fixture(scope="module")
def vae(shared: Shared) -> VAE:
    return fitted(shared, "columns")


@pytest.mark.parametrize("case", GIVEN)
def test_all_rows_fulfil_what_is_given_and_are_legal(vae: VAE, case: str) -> None:
    given, met = GIVEN[case]
    rows = vae.generate(70, given=given)
    assert met(rows).all()
    assert_legal(rows, small_table(2))
    pd.testing.assert_frame_equal(vae.generate(40, given=given, batch_rows=7), rows[:40])
    assert not vae.generate(70, given=given, random_state=9).equals(rows)
    assert met(vae.generate(20, given=given, expected=True)).all()


@pytest.fixture
def age_and_free_first(vae: VAE) -> Iterator[None]:
    """The columns that the next test gives are first in the stored order: orders of so small a model disagree."""
    model: Any = vae.fitted_.model
    before, names = model.order.tolist(), [column.name for column in vae.schema_.modelled]
    first = [names.index("age"), names.index("free")]
    model.set_order([*first, *(place for place in before if place not in first)])
    yield
    model.set_order(before)


@pytest.mark.usefixtures("age_and_free_first")
def test_rows_are_as_unconditional_rows_that_are_filtered(vae: VAE) -> None:
    """Gradient boosting cannot tell them apart; rows in which the given columns alone were replaced it can."""
    given, met = {"age": (45, None), "free": True}, lambda X: (X.age >= 45) & X.free
    free = vae.generate(3000, random_state=1)
    wanted, found = free[met(free)], vae.generate(900, given=given, random_state=5)
    replaced = free[:900].assign(age=found.age.to_numpy(), free=True)
    assert score(found, wanted) >= 0.95
    assert score(replaced, wanted) < 0.85


def score(a: pd.DataFrame, b: pd.DataFrame) -> float:
    """2 (1 - AUC) of gradient boosting that is trained to tell rows apart; 1: it cannot."""
    rows = pd.concat([a, b], ignore_index=True).drop(columns=["key", "same"])
    cells = rows.apply(lambda c: pd.factorize(c, sort=True)[0] if c.dtype.kind not in "iufM" else c.astype("int64"))
    of = np.repeat([0, 1], [len(a), len(b)])
    model = HistGradientBoostingClassifier(max_iter=30, max_depth=3, random_state=0)
    chance = cross_val_predict(model, cells.to_numpy(dtype=float), of, cv=3, method="predict_proba")[:, 1]
    return float(min(1.0, 2 * (1 - roc_auc_score(of, chance))))


def test_given_cells_are_there_where_others_may_be_missing(vae: VAE) -> None:
    rows = vae.generate(200, given={"size": "L"}, missing=True)
    assert (rows["size"] == "L").all()
    assert rows.drop(columns="key").isna().any(axis=None)


def test_what_cannot_be_given_is_refused(vae: VAE, shared: Shared) -> None:
    with pytest.raises(InputError, match="given cannot be combined with mean or spread"):
        vae.generate(2, given={"age": 30}, mean=[0.0] * vae.latent_dim_)
    with pytest.raises(InputError, match="no level 'wesst': did you mean 'west'"):
        vae.generate(2, given={"place": "wesst"})
    with pytest.raises(Unanswerable, match="given needs a context decoder"):
        fitted(shared, "none").generate(2, given={"age": 30})
