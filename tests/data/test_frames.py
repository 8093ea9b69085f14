"""Arrays, tensors and frames become one array; arrays are not copied."""

import warnings

import numpy as np
import pytest
import torch

from quintet.data.readers.frames import to_labels, to_numpy
from quintet.errors import InputError


def test_arrays_and_tensors_are_not_copied():
    array = np.arange(6, dtype=np.uint8).reshape(2, 3)
    assert to_numpy(array)[0] is array
    tensor = torch.arange(6.0, requires_grad=True).reshape(2, 3)
    assert np.shares_memory(to_numpy(tensor)[0], tensor.detach().numpy())
    assert to_numpy(torch.ones(2, 2, dtype=torch.bfloat16))[0].dtype == np.float32


def test_nested_lists_with_none_become_nan():
    found, names = to_numpy([[1, 2], [3, None]])
    np.testing.assert_array_equal(found, [[1, 2], [3, np.nan]])
    assert names is None


def test_masked_array():
    found, _ = to_numpy(np.ma.array([1.0, 2.0], mask=[0, 1]))
    np.testing.assert_array_equal(found, [1, np.nan])
    whole = np.ma.array([1, 2], mask=[0, 0])
    assert to_numpy(whole)[0].dtype == whole.dtype
    for cells in ([1, 2], [True, False]):
        np.testing.assert_array_equal(to_numpy(np.ma.array(cells, mask=[0, 1]))[0], [1, np.nan])


def frames():
    """The same two columns, a hole in each, from three packages."""
    for name in ("pandas", "polars", "pyarrow"):
        module = pytest.importorskip(name)
        columns = {"a": [1, None, 3], "b": [0.5, 1.5, None]}
        yield name, module.table(columns) if name == "pyarrow" else module.DataFrame(columns)


def test_frames_keep_names_and_holes():
    for name, frame in frames():
        found, names = to_numpy(frame)
        np.testing.assert_array_equal(found, [[1, 0.5], [np.nan, 1.5], [3, np.nan]], err_msg=name)
        assert names == ["a", "b"], name


def test_pandas_frames_of_one_type_are_not_copied_and_keep_it():
    pd = pytest.importorskip("pandas")
    pixels = np.arange(6, dtype=np.uint8).reshape(2, 3)
    found, names = to_numpy(pd.DataFrame(pixels, copy=False))
    assert found.dtype == np.uint8
    assert np.shares_memory(found, pixels)
    assert names is None  # columns that are only counted have no names


def test_pandas_nullable_and_boolean_columns():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"n": pd.array([1, None], dtype="Int64"), "t": pd.array([True, None], dtype="boolean")})
    np.testing.assert_array_equal(to_numpy(frame)[0], [[1, 1], [np.nan, np.nan]])
    assert to_numpy(pd.DataFrame({"t": [True, False]}))[0].dtype == bool


def test_text_in_a_frame_names_column_row_and_cell():
    pd, pl = pytest.importorskip("pandas"), pytest.importorskip("polars")
    for frame in (
        pd.DataFrame({"a": [1, 2], "job": ["3", "clerk"]}),
        pl.DataFrame({"a": [1, 2], "job": ["3", "clerk"]}),
        pd.DataFrame({"a": [1, 2], "job": pd.Categorical(["3", "clerk"])}),
    ):
        with pytest.raises(InputError, match=r"Column 'job', row 0 must hold numbers.* got '3'"):
            to_numpy(frame)
    with pytest.raises(InputError, match=r"Column 'job', row 2 must hold numbers.* got 'clerk'"):
        to_numpy(pd.DataFrame({"job": [1, None, "clerk"]}))
    with pytest.raises(InputError, match=r"Column 'when', row 1 must hold numbers.* got 2020-01-01"):
        to_numpy(pd.DataFrame({"when": pd.to_datetime([None, "2020-01-01"])}))


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ("abc", "got an object of type str"),
        (None, "got an object of type NoneType"),
        (5, "got an object of type int"),
        ({"a": [1]}, "got an object of type dict"),
        ([[1, 2], [3]], "different lengths"),
        (np.array([1 + 2j]), "Complex data not supported"),
        (np.array([["a"]]), "Row 0 must hold numbers.* got 'a'"),
    ],
)
def test_what_is_no_rows_is_refused(bad, says):
    with pytest.raises(InputError, match=says):
        to_numpy(bad)


def test_sparse_lazy_and_doubled_names_are_refused_with_a_cure():
    sparse = pytest.importorskip("scipy.sparse")
    with pytest.raises(InputError, match=r"toarray\(\)"):
        to_numpy(sparse.eye(3).tocsr())
    pl, pd = pytest.importorskip("polars"), pytest.importorskip("pandas")
    with pytest.raises(InputError, match=r"collect\(\)"):
        to_numpy(pl.LazyFrame({"a": [1]}))
    with pytest.raises(InputError, match="must have different names"):
        to_numpy(pd.DataFrame([[1, 2]], columns=["a", "a"]))


def test_labels_stay_text_or_numbers():
    assert to_labels(["a", "b"])[0].tolist() == ["a", "b"]
    assert to_labels(np.array([1, 2], dtype=object))[0].dtype.kind == "i"
    assert to_labels(torch.tensor([1, 2]))[0].tolist() == [1, 2]
    pd, pl = pytest.importorskip("pandas"), pytest.importorskip("polars")
    found, names = to_labels(pd.Series(["a", "b"], name="kind"))
    assert (found.tolist(), names) == (["a", "b"], ["kind"])
    found, names = to_labels(pl.DataFrame({"u": [1, 2], "v": [0.5, 1]}))
    assert (found.tolist(), names) == ([[1, 0.5], [2, 1]], ["u", "v"])
    with pytest.raises(InputError, match="must have a label, got none for row 1"):
        to_labels(pd.Series(["a", None]))


def test_nothing_warns():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _, frame in frames():
            to_numpy(frame)
