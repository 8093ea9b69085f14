"""Constraints of a table in the answers of a trained model: generated and imputed rows obey, files keep them."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from quintet import VAE, load
from quintet.errors import QuintetWarning
from tests.lawful_tables import DECLARED, lawful_table, obeys
from tests.shared import Shared, hardly_measured

ROWS = lawful_table(1)
NETWORK = {"kind": "mlp", "hidden": (32,)}


def fitted(shared: Shared, context: str) -> VAE:
    def fit() -> VAE:
        with hardly_measured():
            training = ROWS.mask(np.random.default_rng(2).random(ROWS.shape) < 0.01)
            first = VAE(epochs=1, network=NETWORK, context="none").fit(training)
            found = [law.model_dump(exclude={"rows", "about"}) for law in first.schema_.constraints]
            schema = {"columns": {}, "constraints": [*found, *DECLARED]}
            return VAE(epochs=4, latent_dim=4, network=NETWORK, context=context, schema=schema).fit(training)

    return shared(f"estimators-constraints-{context}", fit)


@pytest.fixture(scope="module", params=["columns", "none"])
def either(shared: Shared, request: pytest.FixtureRequest) -> VAE:
    return fitted(shared, request.param)


@pytest.fixture(scope="module")
def vae(shared: Shared) -> VAE:
    return fitted(shared, "columns")


def test_generated_rows_obey(vae: VAE, tmp_path: Path) -> None:
    assert {law.type for law in vae.schema_.constraints} == {"combinations", "sum", "order"}
    rows = vae.generate(300)
    assert all(obeys(rows, ROWS).values())
    assert all(obeys(vae.generate(100, missing=True), ROWS).values())
    assert rows["part 0"].eq(0).mean() == pytest.approx(ROWS["part 0"].eq(0).mean(), abs=0.12)  # atoms stay
    assert any("rows obey" in note for note in vae.notes_)
    vae.save(tmp_path / "m")
    again = load(tmp_path / "m")
    assert again.schema_ == vae.schema_
    pd.testing.assert_frame_equal(again.generate(20), rows[:20])


def test_rows_of_a_decoder_of_z_alone_obey_or_are_warned_of(shared: Shared) -> None:
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always", QuintetWarning)
        ruled = obeys(fitted(shared, "none").generate(200), ROWS)
    assert all(ruled[name] for name in ("city country", "country code", "line country"))
    assert all(ruled.values()) or any("rows break the constraint" in str(w.message) for w in found)


GIVEN: dict[str, dict[str, Any]] = {
    "a total": {"total": (15, 40)},
    "a total and a part": {"total": (10, 30), "part 0": (5, 8)},
    "levels": {"country": "land 1"},
    "both ends of a determination": {"country": ["land 0", "land 1"], "city": ["city 0", "city 2", "city 3"]},
    "an end": {"end": ("2024-02-01", "2024-03-31")},
}


@pytest.mark.parametrize("case", GIVEN)
def test_rows_with_given_cells_obey(vae: VAE, case: str) -> None:
    given = GIVEN[case]
    rows = vae.generate(100, given=given)
    assert all(obeys(rows, ROWS).values())
    for name, wanted in given.items():
        met = rows[name].between(*wanted) if isinstance(wanted, tuple) else rows[name].isin(np.atleast_1d(wanted))
        assert met.all()


def test_imputed_rows_obey_where_known_cells_do(either: VAE) -> None:
    asked = lawful_table(9, rows=60)
    asked = asked[asked.columns.intersection(ROWS.columns)]
    rng = np.random.default_rng(0)
    for group in (["city", "code", "line"], ["part 0", "total"], ["first", "both"], ["start", "end"]):
        for row, pick in enumerate(rng.integers(0, len(group), len(asked))):
            asked.loc[asked.index[row], group[pick]] = None
    mean, draws = either.impute(asked, draws=2, return_mean=True)
    for filled in (mean, *draws):
        assert not filled.isna().any(axis=None)
        ruled = obeys(filled, ROWS)
        assert all(ruled.values()), ruled
