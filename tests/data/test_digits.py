"""The digits are scikit-learn's own, read without importing its data sets."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from quintet.data.readers import digits


@pytest.mark.parametrize("there", [True, False])
def test_the_digits_are_scikit_learns(there: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not there:  # as in a scikit-learn that keeps the file elsewhere
        monkeypatch.setattr(digits, "find_spec", lambda name: None)
    x, y = digits.read_digits()
    known = load_digits()
    np.testing.assert_array_equal(x, known.images)
    np.testing.assert_array_equal(y, known.target)
    assert (x.dtype, y.dtype) == (np.uint8, np.int64)
