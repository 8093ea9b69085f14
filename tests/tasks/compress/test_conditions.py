"""The condition travels in the file."""

from __future__ import annotations

import numpy as np
import pytest

from quintet.errors import InputError
from quintet.tasks.compress import compress, decompress
from tests.tasks.compress.models import digits, fitted, trained_digits


def test_given_labels_are_stored_and_not_needed_again() -> None:
    X, y = digits()
    f = trained_digits("cvae")
    blob = compress(f, X[1500:1600], condition=y[1500:1600])
    assert np.array_equal(decompress(f, blob), X[1500:1600])


def test_without_labels_each_row_takes_the_best() -> None:
    X, y = digits()
    f = trained_digits("cvae")
    best, right, wrong = (compress(f, X[1500:1700], condition=c) for c in (None, y[1500:1700], (y[1500:1700] + 1) % 10))
    assert np.array_equal(decompress(f, best), X[1500:1700])
    assert len(right) < len(wrong)
    assert len(best) < 1.02 * len(right)


def test_numbers_as_conditions() -> None:
    rng = np.random.default_rng(0)
    c = rng.normal(size=90)
    X = (c[:, None] * [1.0, 2.0] + rng.normal(size=(90, 2))).round(2)
    f = fitted(X, "cvae", c)
    for given in (None, c, 0.37):
        assert np.array_equal(decompress(f, compress(f, X, condition=given)), X)


def test_an_unknown_label_is_refused() -> None:
    X, _ = digits()
    with pytest.raises(InputError, match="must be one of the training labels"):
        compress(trained_digits("cvae"), X[:3], condition=11)
