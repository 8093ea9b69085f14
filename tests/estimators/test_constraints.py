"""Constraints of a table in the answers of a trained model: generated and imputed rows obey, files keep them."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from quintet import VAE, load
from quintet.errors import InputError, QuintetWarning
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
    "one city of a country, and cities of others": {"country": "land 1", "city": ["city 0", "city 1", "city 2"]},
    "totals": {"total": [12.25, 30.5]},
    "totals and parts": {"total": [12.25, 30.5], "part 0": [0.5, 2.25, 6]},
    "a total of a total": {"both": [3, 9], "first": (2, 7)},
    "starts, of which one is after the end": {"start": ["2024-02-01", "2024-06-01"], "end": "2024-02-10"},
}


@pytest.mark.parametrize("case", GIVEN)
def test_rows_with_given_cells_obey(vae: VAE, case: str) -> None:
    given = GIVEN[case]
    rows = vae.generate(100, given=given)
    assert all(obeys(rows, ROWS).values())
    for name, wanted in given.items():
        several = pd.Series(np.atleast_1d(wanted)).astype(rows[name].dtype)
        met = rows[name].between(*wanted) if isinstance(wanted, tuple) else rows[name].isin(several)
        assert met.all()


IMPOSSIBLE: dict[str, tuple[dict[str, Any], str]] = {
    "a city of another country": (
        {"city": "city 0", "country": "land 1"},
        "no row can have city='city 0' and country='land 1' under constraints '.*' and '.*': beside city='city 0' "
        "country must be 'land 0'; give such a value, or leave out one of these columns.$",
    ),
    "cities of other countries": ({"city": ["city 0", "city 3"], "country": ["land 1", "land 2"]}, "must be 'land 0'"),
    "codes of other cities": ({"city": "city 1", "code": [30, 44], "free": (0, None)}, "='city 1' code must be 37;"),
    "a part and its total": ({"part 0": 6, "total": (2, 5), "free": (0, None)}, "total must be at least 6;"),
    "all parts": (
        {"first": 5, "second": 2, "both": [8, 9]},
        "under constraint 'both = first [+] second': .* must be 7;",
    ),
    "a start after the end": (
        {"start": ("2024-05-01", None), "end": (None, "2024-04-30")},
        "under constraint 'start <= end': .* end must be at least 2024-05-01;",
    ),
}


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_given_cells_that_no_row_has_are_refused_in_a_sentence(vae: VAE, case: str) -> None:
    given, words = IMPOSSIBLE[case]
    with pytest.raises(InputError, match=words) as found:
        vae.generate(5, given=given)
    assert "\n" not in str(found.value)
    for name in set(given) - {"free"}:
        vae.generate(1, given={other: wanted for other, wanted in given.items() if other != name})


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


def test_a_total_in_other_units_is_corrected_to_the_sum_of_its_parts(vae: VAE) -> None:
    asked = lawful_table(9, rows=60)[list(ROWS.columns)]
    wanted = asked.astype({"both": float})
    asked = wanted.copy()
    asked.loc[3, "total"], asked.loc[8, "both"] = round(asked.total[3] * 10, 2), asked.both[8] * 100
    found, repaired = vae.corrections(asked, return_repaired=True)
    mine = found[found.column.isin(["total", "both"])].set_index(["row", "column"])
    assert mine.damage[3, "total"] == mine.damage[8, "both"] == "units"
    assert repaired.total[3] == wanted.total[3] == mine.after[3, "total"]
    assert repaired.both[8] == wanted.both[8] == mine.after[8, "both"]
