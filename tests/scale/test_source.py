"""A source's files come in the order of their names, any stretch of their rows is read, and damage is one sentence."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pyarrow
import pytest
from pyarrow import csv, feather, ipc, parquet

from quintet.errors import FileRefused
from quintet.scale.source.dataset import Dataset
from quintet.scale.source.files import find_files
from quintet.scale.source.tables import open_table

TABLE = pyarrow.table({"n": np.arange(100), "x": np.arange(100) / 8, "t": [f"name {i % 7}" for i in range(100)]})


def write(path: Path, table: pyarrow.Table = TABLE) -> Path:
    """The rows as a file of the format of its name."""
    if path.suffix == ".parquet":
        parquet.write_table(table, path, row_group_size=17)
    elif path.suffix == ".arrow":
        with ipc.new_file(path, table.schema) as file:
            file.write_table(table, max_chunksize=13)
    elif path.suffix == ".feather":
        feather.write_feather(table, path)
    else:
        csv.write_csv(table, path)
    return path


@pytest.mark.parametrize("name", ["rows.parquet", "rows.arrow", "rows.feather", "rows.csv"])
def test_any_stretch_of_a_file_is_read(name: str, tmp_path: Path) -> None:
    file = open_table(str(write(tmp_path / name)))
    assert file.rows == 100
    for start, stop in ((0, 100), (0, 1), (16, 18), (13, 26), (33, 34), (51, 99), (99, 100)):
        found = file.read(start, stop, ["t", "n"])
        assert found.to_pylist() == TABLE.slice(start, stop - start).select(["t", "n"]).to_pylist(), (start, stop)


def test_stretches_run_over_the_files_in_their_order(tmp_path: Path) -> None:
    for number, (start, stop) in enumerate(((0, 30), (30, 30), (30, 31), (31, 100))):
        write(tmp_path / f"{number}.parquet", TABLE.slice(start, stop - start))
    data = Dataset.of(tmp_path)
    assert (data.rows, data.counts) == (100, (30, 0, 1, 69))
    for start, stop in ((0, 100), (29, 32), (30, 31), (0, 30), (31, 100), (99, 100)):
        assert data.read(start, stop, ["n"])["n"].to_pylist() == list(range(start, stop))


def test_a_folder_leaves_out_what_is_no_table_and_what_is_hidden(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "_old").mkdir()
    kept = [write(tmp_path / "a.parquet"), write(tmp_path / "b" / "c.csv")]
    write(tmp_path / "_old" / "d.parquet")
    write(tmp_path / ".e.parquet")
    (tmp_path / "_manifest.json").write_text("{}")
    (tmp_path / "notes.txt").write_text("x")
    assert find_files(tmp_path) == [str(path) for path in kept]
    assert find_files(tmp_path / "**" / "*.csv") == [str(kept[1])]
    assert find_files(str(kept[0])) == [str(kept[0])]


def test_a_store_is_read_by_its_url(tmp_path: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    store = fsspec.filesystem("memory")
    for name in ("one.parquet", "two.parquet"):
        store.pipe_file(f"/scale-rows/{name}", write(tmp_path / "rows.parquet").read_bytes())
    try:
        for source in ("memory://scale-rows", "memory://scale-rows/*.parquet"):
            data = Dataset.of(source)
            assert data.rows == 200
            assert data.read(95, 105, ["n"])["n"].to_pylist() == [*range(95, 100), *range(5)]
    finally:
        store.rm("/scale-rows", recursive=True)


def test_types_of_files_that_one_type_holds_become_that_type(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", pyarrow.table({"n": pyarrow.array([1, 2], "int16"), "t": pyarrow.nulls(2)}))
    write(tmp_path / "b.parquet", pyarrow.table({"t": ["x"], "n": pyarrow.array([2**40], "int64")}))
    found = Dataset.of(tmp_path).read(0, 3, ["n", "t"])
    assert found.to_pydict() == {"n": [1, 2, 2**40], "t": [None, None, "x"]}
    assert str(found.schema.field("n").type) == "int64"


WRONG = {
    "other columns": (pyarrow.table({"n": [1], "y": [2]}), "must have the same columns, got 'x'|got 't'"),
    "other types": (pyarrow.table({"n": ["a"], "x": [0.5], "t": ["b"]}), "column 'n' of string in"),
}


@pytest.mark.parametrize("name", WRONG)
def test_one_file_of_another_schema_is_named(name: str, tmp_path: Path) -> None:
    table, sentence = WRONG[name]
    write(tmp_path / "a.parquet")
    write(tmp_path / "b.parquet", table)
    with pytest.raises(FileRefused, match=sentence) as raised:
        Dataset.of(tmp_path)
    assert "b.parquet" in str(raised.value)


def test_damage_is_one_sentence_with_the_name_of_the_file(tmp_path: Path) -> None:
    whole = write(tmp_path / "a.parquet").read_bytes()
    for damaged in (b"", b"PAR1", whole[:-20], whole[:40] + bytes(60) + whole[100:], b"\0" * 500):
        (tmp_path / "a.parquet").write_bytes(damaged)
        with pytest.raises(FileRefused, match=r"^[^\n]*a\.parquet[^\n]*\.$"):
            Dataset.of(tmp_path).read(0, 100, ["n", "x", "t"])


def test_no_rows_no_files_and_other_formats_are_refused(tmp_path: Path) -> None:
    with pytest.raises(
        FileRefused, match=re.escape(f"There is no .parquet, .arrow, .feather or .csv file at {tmp_path}")
    ):
        Dataset.of(tmp_path)
    (tmp_path / "rows.txt").write_text("x")
    with pytest.raises(FileRefused, match=r"must be a \.parquet, .* got .*rows\.txt"):
        Dataset.of(tmp_path / "rows.txt")
    write(tmp_path / "a.parquet", TABLE.slice(0, 0))
    with pytest.raises(FileRefused, match="at least one row, got none"):
        Dataset.of(tmp_path)
    twice = pyarrow.table([[1], [2]], names=["n", "n"])
    with pytest.raises(FileRefused, match="two named 'n' in"):
        Dataset.of(write(tmp_path / "twice.parquet", twice))
