"""Flat rows of few grey levels are grey levels; tables of other whole numbers are not."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits

from quintet import VAE
from quintet.data.dataset import Rows
from quintet.data.schema import Schema
from quintet.errors import QuintetWarning
from tests.shared import hardly_measured

RNG = np.random.default_rng(0)
DIGITS = load_digits().data
SMALL = {"latent_dim": 3, "epochs": 3, "network": {"kind": "mlp", "hidden": (32,)}}

TABLES = {
    "Poisson counts": RNG.poisson(3, (500, 20)),
    "rare Poisson counts, which many columns top alike": RNG.poisson(0.1, (5000, 20)),
    "binomial counts": RNG.binomial(4, 0.5, (5000, 20)),
    "genotypes": RNG.binomial(2, 0.3, (500, 20)),
    "geometric counts": RNG.geometric(0.5, (500, 20)) - 1,
    "answers 1 to 5": RNG.integers(1, 6, (500, 20)),
    "codes of different numbers of levels": np.stack([RNG.integers(0, k, 500) for k in range(2, 22)], 1),
    "coordinates of 0 to 100": RNG.integers(0, 101, (500, 20)).clip(5, 95) - 5,
    "shares in percent": RNG.integers(0, 101, (500, 20)),
    "eight-bit measurements of no common range": RNG.integers(0, np.linspace(60, 256, 20).astype(int), (500, 20)),
    "few columns": RNG.integers(0, 17, (500, 15)),
    "few columns that vary": np.c_[RNG.integers(0, 17, (500, 15)), np.zeros((500, 20))],
    "no column that varies": np.tile(np.arange(17), (20, 4)),
    "levels that no cell holds whole": RNG.integers(0, 17, (500, 20)) + 0.5,
    "with negative numbers": RNG.integers(-8, 9, (500, 20)),
}


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("dtype", [np.float64, np.int64])
def test_tables_of_other_whole_numbers_are_real(name: str, dtype: type) -> None:
    X = TABLES[name] if name == "levels that no cell holds whole" else TABLES[name].astype(dtype)
    assert Schema.infer(X).kind == "real"


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64])
@pytest.mark.parametrize("rows", [30, 300, 1797])
def test_flat_digits_are_grey_levels_and_come_back_in_their_dtype(rows: int, dtype: type) -> None:
    X = DIGITS[RNG.permutation(len(DIGITS))[:rows]].astype(dtype)
    schema = Schema.infer(X)
    assert (schema.kind, schema.levels, schema.row_shape) == ("image8", 17, (64,))
    assert "64" in schema.describe()
    assert "whole numbers 0..16" in schema.describe()
    back = schema.to_user(Rows.of(X, schema).values)
    assert back.dtype == X.dtype
    np.testing.assert_array_equal(back, X)


@settings(max_examples=30, deadline=None)
@given(st.sampled_from([2, 15, 16, 63, 255]), st.integers(0, 2**32), st.booleans(), st.booleans())
def test_the_kind_depends_on_neither_order_nor_dtype_nor_missing_cells(
    top: int, seed: int, constant: bool, holes: bool
) -> None:
    rng = np.random.default_rng(seed)
    X = np.rint(top * (1.5 * rng.random((200, 25)) - 0.25).clip(0, 1)).astype(int)  # black and white are common
    X[:, :9] = 0 if constant else X[:, :9]  # a border of pixels that are always black
    assert Schema.infer(X).kind == Schema.infer(X[rng.permutation(200)][:, rng.permutation(25)]).kind == "image8"
    floats = np.where(rng.random(X.shape) < 0.1, np.nan, X) if holes else X.astype(float)
    schema = Schema.infer(floats)
    assert (schema.kind, schema.levels) == ("image8", top + 1)
    assert Schema.infer(X.astype(np.uint8)).levels == schema.levels


@pytest.fixture(scope="module")
def vae() -> VAE:
    with warnings.catch_warnings(), hardly_measured():
        warnings.simplefilter("ignore", QuintetWarning)
        return VAE(**SMALL).fit(DIGITS[:400])


def test_all_five_questions_answer_with_legal_floats(vae: VAE) -> None:
    X, hidden = DIGITS[400:406], RNG.random((6, 64)) < 0.3
    new = vae.generate(5)
    assert new.dtype == np.float64
    assert np.isin(new, np.arange(17)).all()
    drawn = vae.impute(X, mask=hidden, draws=2, batch_rows=8)
    assert np.isin(drawn, np.arange(17)).all()
    filled = vae.impute(X, mask=hidden, batch_rows=8)
    clean = vae.denoise(X, noise="replacement", batch_rows=8)
    for answer in (filled, clean):
        assert answer.dtype == np.float64
        assert 0 <= answer.min() <= answer.max() <= 16
    np.testing.assert_array_equal(filled[~hidden], X[~hidden])
    back = vae.decompress(vae.compress(X))
    assert back.dtype == np.float64
    np.testing.assert_array_equal(back, X)
    assert np.isfinite(vae.detect(X).scores).all()


def test_floats_are_answered_as_the_same_numbers_in_bytes(vae: VAE) -> None:
    with warnings.catch_warnings(), hardly_measured():
        warnings.simplefilter("ignore", QuintetWarning)
        of_bytes = VAE(**SMALL).fit(DIGITS[:400].astype(np.uint8))
    X = DIGITS[400:420]
    np.testing.assert_array_equal(vae.detect(X).scores, of_bytes.detect(X.astype(np.uint8)).scores)
    np.testing.assert_array_equal(vae.generate(9), of_bytes.generate(9))
    clean, of_clean = vae.denoise(X, "replacement"), of_bytes.denoise(X.astype(np.uint8), "replacement")
    np.testing.assert_array_equal(np.rint(clean), of_clean)
