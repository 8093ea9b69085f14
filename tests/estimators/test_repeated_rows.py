"""Rows of few values recur by chance: new ones are not called trained, and training that goes on calibrates still."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from quintet import VAE
from tests.estimators.conftest import TINY
from tests.shared import Shared, hardly_measured

ROWS = (np.random.default_rng(0).random((600, 5)) < [0.5, 0.5, 0.5, 0.3, 0.6]).astype(np.uint8)


@pytest.fixture(scope="module")
def few_values(shared: Shared) -> VAE:
    def fit() -> VAE:
        with hardly_measured():
            return VAE(**{**TINY, "epochs": 2}).fit(ROWS[:400])

    return shared("estimators-few-values", fit)


def test_new_rows_that_equal_rows_of_training_stay_in_the_figures(few_values: VAE) -> None:
    figures = few_values.evaluate(ROWS[400:], draws=2)  # no warning: no row is called trained
    assert (figures["rows"], figures["rows_trained_on"]) == (200, 0)
    assert figures["rows_equal"] == (few_values.parts_of(ROWS[400:]) == "equal").sum() > 190
    figures = few_values.evaluate(ROWS[:400], draws=2)
    assert (figures["rows"], figures["rows_trained_on"], figures["rows_equal"]) == (50, 350, 0)


@pytest.mark.parametrize(("rows", "held_out"), [(slice(400), 50), (slice(200), 25), (slice(400, 600), 25)])
def test_training_that_goes_on_calibrates_on_as_many_of_them(few_values: VAE, rows: slice, held_out: int) -> None:
    tuned = pickle.loads(pickle.dumps(few_values)).set_params(epochs=1)
    with hardly_measured():
        tuned.fit(ROWS[rows], continue_training=True)
    assert tuned.held_out_ == pytest.approx(held_out, abs=0 if rows == slice(400) else 15)
    assert tuned.detect(ROWS[400:]).p_values.min() < 0.2
