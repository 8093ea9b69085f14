"""The pattern of missing cells: learnt from the training rows, drawn only when asked for."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

from quintet import VAE
from quintet.errors import InputError, Unanswerable

ROWS = 1_500


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Job and firm are missing together, more often in group b; age is missing in a tenth of all rows; group never."""
    rng = np.random.default_rng(0)
    group = rng.choice(["a", "b"], ROWS)
    gone = rng.random(ROWS) < np.where(group == "a", 0.1, 0.6)
    age = np.where(rng.random(ROWS) < 0.1, np.nan, rng.normal(40, 10, ROWS).round())
    job = np.where(gone, None, rng.choice(["x", "y", "z"], ROWS))
    firm = np.where(gone, None, rng.choice(["u", "v"], ROWS))
    return pd.DataFrame({"group": group, "age": age, "job": job, "firm": firm})


@pytest.fixture(scope="module")
def model(table: pd.DataFrame) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return VAE(epochs=60, latent_dim=2, calibration=0.0, random_state=0).fit(table)


def test_missing_cells_have_the_shares_and_the_dependence_of_training(table: pd.DataFrame, model: Any) -> None:
    drawn = model.generate(2_000, missing=True, random_state=1)
    for name in table:
        assert drawn[name].isna().mean() == pytest.approx(table[name].isna().mean(), abs=0.05), name
    assert (drawn["job"].isna() == drawn["firm"].isna()).mean() > 0.95
    for group in "ab":
        real, made = (t[t["group"] == group]["job"].isna().mean() for t in (table, drawn))
        assert made == pytest.approx(real, abs=0.12)


def test_rows_are_complete_unless_asked(model: Any) -> None:
    assert not model.generate(200, random_state=1).isna().any().any()


def test_rows_do_not_depend_on_batches(model: Any) -> None:
    one, other = (model.generate(70, missing=True, random_state=1, batch_rows=rows) for rows in (70, 32))
    pd.testing.assert_frame_equal(one, other)


def test_a_column_that_was_never_missing_is_never_left_out(model: Any) -> None:
    assert model.generate(2_000, missing=True, random_state=2)["group"].notna().all()


def test_the_pattern_does_not_change_what_is_imputed_for_unknown_cells(model: Any, table: pd.DataFrame) -> None:
    asked = table.head(40)
    assert model.impute(asked).notna().all().all()


def test_a_model_without_a_pattern_says_so(table: pd.DataFrame) -> None:
    whole = table[["group"]].assign(n=np.arange(ROWS) % 7)
    fitted = VAE(epochs=1, latent_dim=2, calibration=0.0, random_state=0).fit(whole.head(100))
    with pytest.raises(Unanswerable, match="missing=True needs a table"):
        fitted.generate(3, missing=True)


def test_means_have_no_pattern(model: Any) -> None:
    with pytest.raises(InputError, match="expected=True"):
        model.generate(3, missing=True, expected=True)
