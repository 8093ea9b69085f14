"""No number is rounded in silence on its way in: it is held exactly, or refused by name."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quintet.data.readers.frames import to_numpy
from quintet.data.readers.sources import load_data
from quintet.errors import FileRefused, InputError

BIG = 2**60 + 1
whole = st.integers(-(2**64), 2**64)
cell = st.one_of(whole, st.floats(allow_nan=False, allow_infinity=False), st.none(), st.booleans())


def held(rows, says):
    """The array, or None where the rows are refused in this sentence."""
    try:
        return to_numpy(rows)[0]
    except InputError:
        with pytest.raises(InputError, match=says):
            to_numpy(rows)
    return None


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 3).flatmap(lambda n: st.lists(st.lists(cell, min_size=n, max_size=n), min_size=1, max_size=4)))
def test_lists_are_held_exactly_or_refused(rows):
    found = held(rows, "exactly")
    if found is None:
        return
    for row, line in zip(found.tolist(), rows, strict=True):
        for number, value in zip(row, line, strict=True):
            assert (number != number) if value is None else number == value


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_frames_are_held_exactly_or_refused_by_column(data):
    pd = pytest.importorskip("pandas")
    types = data.draw(
        st.lists(st.sampled_from(["int8", "int64", "uint64", "float16", "float32", "float64", "bool", "Int64"]))
    )
    columns = {}
    for j, name in enumerate(types):
        if name.lower().endswith(("int8", "int64")):
            limits = np.iinfo(name.lower())
            values = data.draw(st.lists(st.integers(int(limits.min), int(limits.max)), min_size=2, max_size=2))
            values[0] = data.draw(st.sampled_from([None, values[0]])) if name == "Int64" else values[0]
        else:
            values = [True, False] if name == "bool" else [0.5, -3]
        columns[f"c{j}"] = pd.array(values, dtype=name)
    frame = pd.DataFrame(columns, index=range(2))
    found = held(frame, "Column 'c.*exactly")
    if found is None:
        return
    for j, name in enumerate(columns):
        for number, value in zip(found[:, j].tolist(), frame[name].tolist(), strict=True):
            assert (number != number) if value is pd.NA else number == value


def frames(columns):
    for name in ("pandas", "polars", "pyarrow"):
        module = pytest.importorskip(name)
        yield module.table(columns) if name == "pyarrow" else module.DataFrame(columns)


def test_identifiers_beside_floats_are_named_in_every_make_of_frame():
    for frame in frames({"a": [0.5, 1.5], "id": [BIG, 3]}):
        with pytest.raises(InputError, match=f"Column 'id' .*{BIG}.* exactly"):
            to_numpy(frame)
    for frame in frames({"id": [BIG, 3], "n": [1, 2]}):
        assert to_numpy(frame)[0].tolist() == [[BIG, 1], [3, 2]]


def test_pyarrow_backed_and_nullable_columns():
    pd = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame({"a": pd.array([BIG, 2], dtype="int64[pyarrow]"), "b": pd.array([1, 2], dtype="Int64")})
    assert to_numpy(frame)[0].tolist() == [[BIG, 1], [2, 2]]
    holes = pd.DataFrame({"a": pd.array([7, None], dtype="int64[pyarrow]"), "b": pd.array([None, 2], dtype="Int64")})
    np.testing.assert_array_equal(to_numpy(holes)[0], [[7, np.nan], [np.nan, 2]])
    with pytest.raises(InputError, match="Column 'a', row 0 holds 1152921504606846977"):
        to_numpy(pd.DataFrame({"a": pd.array([BIG, None], dtype="Int64")}))


def test_columns_that_are_only_counted():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({0: [1, 2], 1: [0.5, 1.5]})
    np.testing.assert_array_equal(to_numpy(frame)[0], [[1, 0.5], [2, 1.5]])


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ([[Decimal("0.12345678901234567890")]], "Row 0 holds Decimal.*exactly"),
        ([[Decimal("1e400")]], "exactly"),
        ([[10**400]], "exactly"),
        (np.ma.array([[BIG, 2]], mask=[[0, 1]]), "masked array holds whole numbers beyond"),
        (np.zeros((2, 2), dtype=np.longdouble), "at most 64 bits"),
        (np.zeros(2, dtype=[("a", "f4"), ("b", "i4")]), "columns a, b"),
        (np.array([[1j]], dtype=object), "Row 0 must hold numbers.* got 1j"),
        (np.array([[np.complex64(1j)]], dtype=object), "Row 0 must hold numbers"),
        (np.array([[np.timedelta64(5, "s")]], dtype=object), "Row 0 must hold numbers.* got 5 seconds"),
        (np.array([[5]], dtype="m8[D]"), "Row 0 must hold numbers.* got 5 days"),
        (np.array([["2020-01-01"]], dtype="M8[D]"), "Row 0 must hold numbers.* got 2020-01-01"),
        (np.array(3.0), "got an array of shape \\(\\)"),
    ],
)
def test_refused_in_one_sentence(bad, says):
    with pytest.raises(InputError, match=says) as caught:
        to_numpy(bad)
    assert "\n" not in str(caught.value)


def test_decimals_of_few_digits_are_read():
    np.testing.assert_array_equal(
        to_numpy([[Decimal("0.1"), Decimal("NaN")], [2, None]])[0], [[0.1, np.nan], [2, np.nan]]
    )


def test_odd_columns_of_frames_are_named():
    pd, pl = pytest.importorskip("pandas"), pytest.importorskip("polars")
    for frame in (
        pd.DataFrame({"t": [1j, 2]}),
        pd.DataFrame({"t": pd.to_timedelta([1, 2])}),
        pl.DataFrame({"t": [{"a": 1}, {"a": 2}]}),
        pl.DataFrame({"t": [[1], [2]]}),
    ):
        with pytest.raises(InputError, match="Column 't'"):
            to_numpy(frame)
    np.testing.assert_array_equal(
        to_numpy(pd.DataFrame({"t": pd.Categorical([3, 1]), "b": [0.5, 1]}))[0], [[3, 0.5], [1, 1]]
    )


def test_csv_does_not_round_identifiers(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(f"id,b\n{BIG},1.5\n3,2\n")
    with pytest.raises(FileRefused, match=f"line 2: column 'id' holds '{BIG}'"):
        load_data(path, table=False)
    assert load_data(path).x["id"].to_pylist() == [BIG, 3]  # columns of a table keep their own types
    path.write_text(f"id,b\n{2**60},1.5\n1e300,{2**53}\n")
    assert load_data(path, table=False).x.tolist() == [[2.0**60, 1.5], [1e300, 2.0**53]]
