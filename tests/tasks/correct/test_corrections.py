"""Corrections of a table: damaged cells are found, named and repaired, right ones are left alone, X is not changed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch

from quintet import VAE
from quintet.data.dataset import Rows
from quintet.errors import InputError, Unanswerable
from quintet.tasks.correct import correct as task
from quintet.tasks.correct.explanations import KINDS
from tests.shared import Shared, hardly_measured

FIELDS = ["row", "column", "before", "after", "probability", "damage"]


def people(rows: int, seed: int) -> pd.DataFrame:
    """Two groups that differ in every column; the second weight is the first one in pounds."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 2, rows)
    kilo = (60 + 30 * group + rng.normal(0, 2, rows)).round(1)
    return pd.DataFrame(
        {
            "kilo": kilo,
            "pound": (2.2 * kilo).round(1),
            "age": rng.integers(20, 40, rows) + 30 * group,
            "town": np.array(["Rotterdam", "Antwerp"])[group],
            "trade": np.array(["carpenter", "physician"])[group],
        }
    )


def fit_people() -> VAE:
    with hardly_measured():
        network = {"kind": "mlp", "hidden": (16,)}
        return VAE(epochs=60, latent_dim=2, network=network, context="columns").fit(people(600, 0))


@pytest.fixture(scope="module")
def vae(shared: Shared) -> VAE:
    return shared("corrections-people", fit_people)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return people(40, 1)


def changed(rows: pd.DataFrame, row: int, **values: Any) -> pd.DataFrame:
    out = rows.copy()
    for name, value in values.items():
        out.loc[row, name] = value
    return out


def test_right_rows_are_hardly_corrected_and_never_changed(vae: VAE, rows: pd.DataFrame) -> None:
    before = rows.copy()
    found = vae.corrections(rows)
    assert list(found.columns) == FIELDS
    assert len(found) <= 0.02 * rows.size
    pd.testing.assert_frame_equal(rows, before)


def test_each_kind_of_damage_is_found_named_and_repaired(vae: VAE, rows: pd.DataFrame) -> None:
    heavy = int(np.flatnonzero(rows.town == "Antwerp")[0])
    kilo = float(rows.kilo[heavy])
    cases: dict[str, tuple[dict[str, Any], set[str]]] = {
        "units": ({"kilo": round(10 * kilo, 1)}, {"kilo"}),
        "spelling": ({"town": "Antwrep"}, {"town"}),
        "replaced": ({"trade": "carpenter"}, {"trade"}),
        "columns": ({"kilo": rows.pound[heavy], "pound": kilo}, {"kilo", "pound"}),
    }
    for damage, (values, names) in cases.items():
        found = vae.corrections(changed(rows, heavy, **values))
        mine = found[found.row == heavy].set_index("column")
        assert set(mine.index) == names, (damage, mine)
        assert set(mine.damage) == {damage}
        assert (mine.probability > 0.5).all()
        for name in names:
            assert mine.before[name] == values[name]
            right = rows[name][heavy]
            assert mine.after[name] == (right if isinstance(right, str) else pytest.approx(right)), damage


def test_a_transposed_number_is_turned_back(vae: VAE, rows: pd.DataFrame) -> None:
    heavy = int(np.flatnonzero((rows.town == "Antwerp") & (rows.age % 10 == 1))[0])
    age = int(rows.age[heavy])
    found = vae.corrections(changed(rows, heavy, age=age % 10 * 10 + age // 10), threshold=0.0)
    assert (found.row[0], found.column[0], found.damage[0]) == (heavy, "age", "digits")
    assert 40 <= found.after[0] <= 80


def test_corrections_do_not_depend_on_batches_and_are_sorted(vae: VAE, rows: pd.DataFrame) -> None:
    damaged = changed(changed(rows, 3, kilo=rows.kilo[3] * 100), 7, town="rotterdam")
    one, other = (vae.corrections(damaged, threshold=0.0, batch_rows=size) for size in (40, 7))
    pd.testing.assert_frame_equal(one, other, rtol=1e-3, atol=1e-5)
    assert len(one) == rows.size
    assert one.probability.is_monotonic_decreasing
    pd.testing.assert_frame_equal(vae.corrections(damaged), one[one.probability >= 0.5])


def test_missing_cells_are_not_corrected(vae: VAE, rows: pd.DataFrame) -> None:
    holes = changed(rows.astype({"age": float}), 5, town=None, age=np.nan)
    found = vae.corrections(holes, threshold=0.0)
    assert set(found.column[found.row == 5]) == {"kilo", "pound", "trade"}
    assert len(found) == rows.size - 2


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_repaired_rows_have_the_suggestions_and_every_other_cell_as_it_was(
    vae: VAE, rows: pd.DataFrame, library: str
) -> None:
    damaged = changed(rows.astype({"age": "Int64"}), 3, kilo=rows.kilo[3] * 100, town="Roterdam")
    damaged.loc[5, ["town", "age"]] = None
    given = damaged
    if library != "pandas":
        given = pl.from_pandas(damaged) if library == "polars" else pl.from_pandas(damaged).to_arrow()
    found, repaired = vae.corrections(given, return_repaired=True)
    assert type(repaired) is type(given)
    fixes = found if library == "pandas" else pl.DataFrame(found).to_pandas()
    wanted = damaged.copy()
    for fix in fixes.itertuples():
        number = fix.column not in ("town", "trade")
        wanted.loc[fix.row, fix.column] = float(fix.after) if number else fix.after
    assert {(3, "kilo"), (3, "town")} <= set(zip(fixes.row, fixes.column, strict=True))
    back = repaired if library == "pandas" else pl.DataFrame(repaired).to_pandas()
    pd.testing.assert_frame_equal(back, wanted, check_dtype=False)


def test_frames_of_other_libraries_get_the_same_corrections(vae: VAE, rows: pd.DataFrame) -> None:
    damaged = changed(rows, 3, kilo=rows.kilo[3] * 100, town="Roterdam")
    wanted = vae.corrections(damaged)
    for other in (pl.from_pandas(damaged), pl.from_pandas(damaged).to_arrow()):
        found = vae.corrections(other)
        assert type(found) is type(other)
        table = pl.from_arrow(found) if not isinstance(found, pl.DataFrame) else found
        assert isinstance(table, pl.DataFrame)
        assert table["after"].to_list() == [str(value) for value in wanted.after]
        np.testing.assert_allclose(table["probability"].to_numpy(), wanted.probability)


def test_rates_are_those_of_the_rows_asked(vae: VAE) -> None:
    rows = people(200, 3)
    wrong = rows.copy()
    wrong.loc[:59, "kilo"] = (10 * rows.kilo[:60]).round(1)
    schema = vae.schema_
    rates = [task.correct(vae.fitted_, Rows.of(schema.encode(part), schema)).rates for part in (rows, wrong)]
    assert float(rates[0].sum()) == pytest.approx(1)
    units = KINDS.index("units")
    assert rates[1][units] > 5 * rates[0][units]
    assert torch.argmax(rates[1][1:]) + 1 == units


def test_models_without_a_context_decoder_refuse(rows: pd.DataFrame) -> None:
    with hardly_measured():
        plain = VAE(epochs=1, latent_dim=2, network={"kind": "mlp", "hidden": (4,)}, context="none").fit(rows)
    with pytest.raises(Unanswerable, match="context='columns'"):
        plain.corrections(rows)
    with pytest.raises(InputError, match="threshold"):
        plain.corrections(rows, threshold=2.0)
