"""Tables in files: numbers come back as they were written, holes as NaN, and labels apart."""

import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from quintet.data.readers.label_types import labels_of_text
from quintet.data.readers.tables import read_csv, read_parquet
from quintet.data.writers.row_files import save_rows
from quintet.errors import FileRefused, InputError

names = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), min_size=1, max_size=8)
floats = hnp.arrays(
    st.sampled_from([np.float64, np.float32]),
    hnp.array_shapes(min_dims=2, max_dims=2, max_side=6),
    elements={"allow_infinity": False, "allow_nan": True},
)


@given(array=floats, zipped=st.booleans(), data=st.data())
def test_round_trip(tmp_path_factory, array, zipped, data):
    columns = st.lists(
        names.map(lambda n: f"c{n}".strip()), min_size=array.shape[1], max_size=array.shape[1], unique=True
    )
    header = data.draw(columns)
    path = tmp_path_factory.mktemp("csv") / ("rows.csv.gz" if zipped else "rows.csv")
    save_rows(path, array, header)
    table = read_csv(path)
    assert table.names == header
    np.testing.assert_array_equal(table.x.astype(array.dtype), array)


def test_more_rows_than_a_chunk_stay_in_order(tmp_path):
    array = np.random.default_rng(0).normal(size=(10_001, 3))
    save_rows(tmp_path / "a.csv", array, labels=np.arange(10_001))
    table = read_csv(tmp_path / "a.csv", label="label")
    np.testing.assert_array_equal(table.x, array)
    np.testing.assert_array_equal(table.y, np.arange(10_001))
    assert table.names == ["x0", "x1", "x2"]


def write(path, text):
    path.write_bytes(text.encode("utf-8"))
    return path


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("comma", [",", ";", "\t", "|"])
def test_dialects(tmp_path, comma, end):
    text = end.join([f'\ufeff"a"{comma} b', f"1{comma}2.5", "", f" -3e2 {comma}.5", ""])
    table = read_csv(write(tmp_path / "a.csv", text))
    assert table.names == ["a", "b"]
    assert table.x.tolist() == [[1, 2.5], [-300, 0.5]]


def test_missing_cells(tmp_path):
    rows = ["", "NA", "N/A", "nan", "NaN", "null", "NULL", "None", "?", " "]
    path = write(tmp_path / "a.csv", "a,b\n" + "".join(f"1,{cell}\n" for cell in rows))
    table = read_csv(path)
    assert np.isnan(table.x[:, 1]).all()
    assert (table.x[:, 0] == 1).all()


def test_labels_may_be_text(tmp_path):
    path = write(tmp_path / "a.csv", "a,kind\n1,cat\n2,dog\n")
    table = read_csv(path, label="kind")
    assert (table.x.tolist(), table.names, table.y.tolist()) == ([[1], [2]], ["a"], ["cat", "dog"])
    assert labels_of_text(["1", "2.0"]).dtype == np.int64
    assert labels_of_text(["1", "2.5"]).dtype == np.float64


def test_counted_columns_are_a_header(tmp_path):
    assert read_csv(write(tmp_path / "a.csv", "0,1,2\n5,6,7\n")).x.tolist() == [[5, 6, 7]]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a,b\n1,2\n3\n", "line 3 must have 2 cells, .* got 1"),
        ("a,b\n1,2\n3,4,5\n", "line 3 must have 2 cells, .* got 3"),
        ("1.5,2\n3,4\n", "must start with a header, got a first line of numbers"),
        ("a,b\n", "at least one row"),
        ("a,\n1,2\n", "must have names, got none for column 2"),
        ("a,a\n1,2\n", "got two named 'a'"),
        ("\n1,2\n", "got an empty line"),
    ],
)
def test_bad_tables(tmp_path, text, says):
    with pytest.raises(FileRefused, match=says):
        read_csv(write(tmp_path / "a.csv", text))


def test_bad_labels(tmp_path):
    path = write(tmp_path / "a.csv", "size,kind\n1,cat\n2,\n")
    with pytest.raises(InputError, match=r"no column 'knd': did you mean 'kind'\?"):
        read_csv(path, label="knd")
    with pytest.raises(InputError, match="must have a label, got none for row 2"):
        read_csv(path, label="kind")
    with pytest.raises(FileRefused, match="at least one column besides"):
        read_csv(write(tmp_path / "b.csv", "kind\n1\n"), label="kind")


def test_damaged_gzip(tmp_path):
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(b"a\n1\n" * 999)[:30])
    with pytest.raises(FileRefused, match="cut off"):
        read_csv(tmp_path / "b.csv.gz")


def test_parquet(tmp_path):
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "a.parquet"
    parquet.write_table(arrow.table({"a": [1, None], "b": [0.5, 2.0], "kind": ["cat", "dog"]}), path)
    table = read_parquet(path, label="kind")
    np.testing.assert_array_equal(table.x, [[1, 0.5], [np.nan, 2]])
    assert (table.names, table.y.tolist()) == (["a", "b"], ["cat", "dog"])
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(FileRefused, match=r"must be a \.parquet file"):
        read_parquet(path)
