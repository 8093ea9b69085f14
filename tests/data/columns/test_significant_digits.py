"""Numbers in scientific notation: answers have the significant digits of training, and no float's tail."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quintet.data.columns.answers import decode_cells
from quintet.data.columns.frames import read_frame
from quintet.data.columns.significant_digits import MOST, rounded, significant_digits
from quintet.data.columns.table import encode_frame, learn_columns
from quintet.data.constraints.learn import learn_constraints, read_constraints, unrounded


def written(digits: int, lowest: int = -300, highest: int = 300) -> st.SearchStrategy[float]:
    """Numbers of at most some significant digits, as text gives them."""
    return st.builds(
        lambda whole, power: float(f"{whole}e{power}"),
        st.integers(-(10**digits) + 1, 10**digits - 1),
        st.integers(lowest, highest),
    )


@settings(max_examples=100, deadline=None)
@given(st.data(), st.integers(1, MOST))
def test_numbers_of_so_many_digits_stay_and_others_become_the_nearest(data: st.DataObject, digits: int) -> None:
    exact = np.array(data.draw(st.lists(written(digits), min_size=1, max_size=20)))
    np.testing.assert_array_equal(rounded(exact, digits), exact)
    assert significant_digits(exact) <= digits
    free = np.array(data.draw(st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=20)))
    found = rounded(free, digits)
    wanted = np.array([float(f"{number:.{digits - 1}e}") for number in free])
    np.testing.assert_allclose(found, wanted, rtol=1.01 * 10.0 ** (1 - digits))
    np.testing.assert_array_equal(rounded(found, digits), found)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(written(3, -12, -6).filter(lambda x: x != 0), min_size=12, max_size=40),
    st.sampled_from(["float64", "float32"]),
)
def test_answers_have_the_digits_of_training_and_training_values_come_back(values: list[float], dtype: str) -> None:
    frame = pd.DataFrame({"x": [*values, 1.25e-9, 3.21e-7, -4.5e-8, 2.5e-8]}).astype(dtype)
    read = read_frame(frame)
    (column,) = learn_columns(read)
    assert column.support.decimals is None
    assert column.describe().endswith(", 3 significant digits")
    cells = encode_frame((column,), read)
    np.testing.assert_array_equal(decode_cells((column,), cells)["x"], frame["x"].to_numpy())
    noisy = cells * (1 + 1e-5 * np.random.default_rng(0).normal(size=cells.shape))
    answered = decode_cells((column,), noisy)["x"]
    assert all(
        len(np.format_float_scientific(x, trim="-").split("e")[0].strip("-").replace(".", "")) <= 3 for x in answered
    )


@pytest.mark.parametrize("size", [1e-25, 1e-12, 1e20, 1e250])
def test_columns_of_any_size_have_their_digits(size: float) -> None:
    values = np.array([float(f"{x:.2e}") for x in np.random.default_rng(0).gamma(3, size, 60)])
    read = read_frame(pd.DataFrame({"x": values}))
    (column,) = learn_columns(read)
    assert column.describe().endswith(", 3 significant digits")
    np.testing.assert_array_equal(decode_cells((column,), encode_frame((column,), read))["x"], values)


FREE: dict[str, Any] = {
    "prices": [1.25, 300.5, 0.75] * 9,
    "full floats": np.random.default_rng(0).normal(size=40) * 1e-7,
    "a float among short ones": [*[1.5e-7, 2.25e-8] * 20, 1 / 3e7],
}


@pytest.mark.parametrize("case", FREE)
def test_other_columns_have_no_significant_digits(case: str) -> None:
    (column,) = learn_columns(read_frame(pd.DataFrame({"x": FREE[case]})))
    assert column.support.significant is None
    assert "significant" not in column.describe()


def test_members_of_sums_are_not_rounded() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({name: rng.integers(1, 999, 60) / 1e9 for name in ("a", "b", "free")})
    frame["total"] = frame.a + frame.b
    read = read_frame(frame)
    columns = learn_columns(read)
    laws = learn_constraints(
        columns, encode_frame(columns, read), read_constraints([{"type": "sum", "total": "total", "parts": ["a", "b"]}])
    )
    assert [column.support.significant for column in unrounded(columns, laws)] == [None, None, 3, None]
