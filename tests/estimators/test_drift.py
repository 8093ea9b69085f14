"""Whether rows have moved away from training: the level, the columns that are named, containers, and refusals."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.stats import binom

from quintet import VAE
from quintet.artifacts.table import Artifacts
from quintet.data.dataset import Rows
from quintet.errors import Unanswerable
from quintet.tasks.detect.prepare import fit_detection
from quintet.tasks.drift.column_shares import fit_column_shares
from quintet.tasks.drift.drift import drift
from tests.estimators.test_table_answers import fitted
from tests.shared import Shared, hardly_measured
from tests.tables import LEGAL, small_table


@pytest.fixture(scope="module")
def vae(shared: Shared) -> VAE:
    return fitted(shared, "columns")


@pytest.fixture(scope="module")
def asked() -> pd.DataFrame:
    return small_table(200, seed=1)


@pytest.fixture(scope="module")
def digits(images: np.ndarray) -> VAE:
    with hardly_measured():
        return VAE(network={"kind": "mlp", "hidden": (32,)}, latent_dim=4, epochs=6, calibration=0.3).fit(images)


def by_column(found: Any) -> dict[str, dict[str, Any]]:
    names = ("column", "p_value", "q_value", "change", "before", "after", "size")
    each = zip(*(np.asarray(found.columns[name]).tolist() for name in names), strict=True)
    return {values[0]: dict(zip(names[1:], values[1:], strict=True)) for values in each}


def shuffled(X: pd.DataFrame, name: str) -> pd.DataFrame:
    return X.assign(**{name: np.random.default_rng(0).permutation(X[name].to_numpy())})


CHANGES: dict[str, tuple[str, Any]] = {
    "mean": ("age", lambda X: X.assign(age=X.age + 8)),
    "share up to": ("when", lambda X: X.assign(when=X.when + np.timedelta64(90, "D"))),
    "share of ": ("place", lambda X: X.assign(place=X.place.replace("south", "abroad"))),
    "share of True": ("free", lambda X: X.assign(free=(np.arange(len(X)) % 12 > 0))),
    "share missing": ("price", lambda X: X.assign(price=X.price.mask(np.arange(len(X)) % 3 == 0))),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_column_that_moved_is_named_first_with_what_changed(vae: VAE, asked: pd.DataFrame, change: str) -> None:
    column, moved = CHANGES[change]
    found = vae.drift(moved(asked))
    assert found.p_value < 0.01
    assert found.moved[0] == column
    row = by_column(found)[column]
    assert row["change"].startswith(change)
    assert row["before"] != row["after"]
    assert 0 < row["size"] <= 1
    if change == "mean":
        assert row["after"] == pytest.approx(asked.age.mean() + 8, rel=1e-4)
        assert row["before"] == pytest.approx(small_table(300).age.mean(), rel=0.05)
    if change == "share missing":
        assert row["after"] == pytest.approx(moved(asked).price.isna().mean())


def test_a_column_torn_from_the_others_is_found_by_its_surprise(vae: VAE, asked: pd.DataFrame) -> None:
    """Its values are those of training; only what they are beside the other cells has changed."""
    rows = shuffled(shuffled(asked, "age"), "free")
    found = by_column(vae.drift(rows))
    assert {name for name in found if found[name]["q_value"] < 0.05} >= {"age", "free"}
    assert found["free"]["change"] == "nats given the others"
    assert found["free"]["after"] > found["free"]["before"]


def test_rows_that_have_not_moved_are_seldom_said_to_have(vae: VAE) -> None:
    """Training, calibration and new rows are drawn anew each time from one law; the model stays as it is."""
    schema, trials, overall, each = vae.schema_, 12, [], []

    def rows(n: int, seed: int) -> Rows:
        return Rows.of(schema.encode(small_table(n, seed)), schema)

    for trial in range(trials):
        train, held, new = rows(120, 3 * trial + 10_000), rows(60, 3 * trial + 10_001), rows(50, 3 * trial + 10_002)
        kept = fit_detection(vae.fitted_, train, held) | Artifacts(column_shares=fit_column_shares(schema, train))
        found = drift(replace(vae.fitted_, artifacts=vae.fitted_.artifacts | kept, cache={}), new)
        overall.append(found.p_value)
        each.append([column.p_value for column in found.columns])
    for level in (0.05, 0.2):
        assert (np.array(overall) <= level).sum() <= binom.ppf(0.999, trials, level)
        assert ((np.array(each) <= level).sum(0) <= binom.ppf(0.9999, trials, level)).all()


def test_missing_cells_of_one_column_do_not_accuse_the_others(vae: VAE) -> None:
    rows = small_table(200, seed=2)
    found = by_column(vae.drift(rows.assign(age=np.nan)))
    assert found["age"]["change"] == "share missing"
    assert found["age"]["q_value"] < 1e-6
    assert all(found[name]["q_value"] > 0.01 for name in LEGAL if name != "age")


@pytest.mark.parametrize("of", ["polars", "pyarrow", "array"])
def test_the_columns_are_a_frame_of_the_rows_library(vae: VAE, asked: pd.DataFrame, of: str) -> None:
    plain = asked.reset_index(drop=True)
    frame = pl.from_pandas(plain)
    rows: Any = {"polars": frame, "pyarrow": frame.to_arrow(), "array": plain.to_numpy(dtype=object)}[of]
    found, wanted = vae.drift(rows), vae.drift(plain)
    assert type(found.columns).__module__.startswith({"array": "numpy"}.get(of, of))
    assert by_column(found).keys() == by_column(wanted).keys()
    assert found.p_value == pytest.approx(wanted.p_value)


def test_images_have_a_p_value_and_no_columns(digits: VAE, images: np.ndarray) -> None:
    brighter = np.minimum(images.astype(int) + 4, 16).astype(np.uint8)
    found = digits.drift(brighter)
    assert found.p_value == found.score_p_value < 1e-6
    assert found.columns is None
    assert found.moved == ()


def test_arrays_of_numbers_name_their_features() -> None:
    rng = np.random.default_rng(0)
    X, new = rng.normal(size=(300, 3)), rng.normal(size=(200, 3))
    with hardly_measured():
        vae = VAE(network={"kind": "mlp", "hidden": (16,)}, latent_dim=2, epochs=4).fit(X)
    new[:, 1] = 5 * new[:, 1] + 7
    found = vae.drift(new)
    assert found.moved[0] == "x1"
    row = by_column(found)["x1"]
    assert (row["change"], row["after"]) == ("mean", pytest.approx(new[:, 1].mean(), rel=1e-4))


def test_rows_of_an_earlier_file_are_refused_in_a_sentence(vae: VAE, digits: VAE, asked: pd.DataFrame) -> None:
    earlier = VAE(epochs=1)
    earlier.__dict__.update(vae.__dict__)
    earlier.fitted_ = replace(vae.fitted_, artifacts=replace(vae.fitted_.artifacts, column_shares=None))
    with pytest.raises(Unanswerable, match="earlier version, which kept nothing of the training rows' columns"):
        earlier.drift(asked)
    earlier.fitted_ = replace(vae.fitted_, artifacts=replace(vae.fitted_.artifacts, calibration_set=None))
    with pytest.raises(Unanswerable, match="no calibration rows"):
        earlier.drift(asked)
