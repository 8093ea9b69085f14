"""What is wrong with files of a table is said in one sentence."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from quintet.data.large import arrow_chunks, cells_file, open_rows
from quintet.data.large.file_guard import guard_of
from quintet.errors import FileRefused, InputError
from tests.data.large.tables import as_folder, mixed

pytestmark = pytest.mark.usefixtures("stored")
TABLE = pa.table({"a": np.arange(20.0), "b": np.arange(20) % 3})


def write(folder: Path, **tables: pa.Table) -> Path:
    for name, table in tables.items():
        parquet.write_table(table, folder / f"{name}.parquet")
    return folder


def test_a_folder_without_tables(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match=r"must hold files of .parquet.*, got none: check the path"):
        open_rows(tmp_path)
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(FileRefused, match=r"got notes.txt and no other"):
        open_rows(tmp_path)
    with pytest.raises(FileRefused, match="got none"):
        open_rows(f"{tmp_path}/*.parquet")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    write(tmp_path, sales=TABLE)
    with pytest.raises(FileRefused, match=r"There is no file .*sale.parquet; did you mean sales.parquet"):
        open_rows(tmp_path / "sale.parquet")


def test_a_column_that_one_file_lacks(tmp_path: Path) -> None:
    write(tmp_path, one=TABLE, two=TABLE.drop_columns(["b"]))
    with pytest.raises(FileRefused, match=r"the same columns, but two.parquet lacks 'b' of one.parquet"):
        open_rows(tmp_path)


def test_a_column_that_one_file_has_alone(tmp_path: Path) -> None:
    write(tmp_path, one=TABLE, two=TABLE.append_column("c", TABLE["a"]))
    with pytest.raises(FileRefused, match=r"but two.parquet also has 'c'"):
        open_rows(tmp_path)


def test_a_column_of_two_types(tmp_path: Path) -> None:
    write(tmp_path, one=TABLE, two=TABLE.set_column(1, "b", TABLE["b"].cast(pa.string())))
    with pytest.raises(FileRefused, match=r"'b' is string in two.parquet and int64 in one.parquet: cast it"):
        open_rows(tmp_path)


def test_columns_in_another_order_are_the_same_table(tmp_path: Path) -> None:
    write(tmp_path, one=TABLE, two=TABLE.select(["b", "a"]))
    cells, _ = open_rows(tmp_path).learnt()
    np.testing.assert_array_equal(cells[:20], cells[20:])


def test_files_of_two_formats(tmp_path: Path) -> None:
    write(tmp_path, one=TABLE)
    feather.write_feather(TABLE, tmp_path / "two.arrow")
    with pytest.raises(FileRefused, match=r"files of one format, Parquet or Arrow, got one.parquet and two.arrow"):
        open_rows(tmp_path)


def test_a_damaged_file(tmp_path: Path) -> None:
    write(tmp_path, one=TABLE)
    (tmp_path / "two.parquet").write_bytes((tmp_path / "one.parquet").read_bytes()[:-9])
    with pytest.raises(FileRefused, match="must hold files of Parquet, got another or damaged file"):
        open_rows(tmp_path)


def test_too_many_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrow_chunks, "MOST_COLUMNS", 1)
    write(tmp_path, one=TABLE)
    with pytest.raises(FileRefused, match="at most 1 columns, got 2: choose some"):
        open_rows(tmp_path)


def test_no_rows(tmp_path: Path) -> None:
    write(tmp_path, one=TABLE.slice(0, 0))
    with pytest.raises(FileRefused, match="at least one row, got none"):
        open_rows(tmp_path).learnt()


@pytest.mark.parametrize("source", ["nowhere://x/y.parquet", "s3n-typo://a/b"])
def test_a_url_of_no_file_system(source: str) -> None:
    with pytest.raises(InputError, match="must be a path or a URL that fsspec can open"):
        open_rows(source)


def test_a_file_that_changes_between_the_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    as_folder(tmp_path / "x", mixed(200).select(["length", "price"]))
    write = cells_file.write_cells

    def late(*args: Any) -> Any:
        found = write(*args)
        parquet.write_table(mixed(50, seed=1).select(["length", "price"]), tmp_path / "x" / "part-1.parquet")
        return found

    monkeypatch.setattr("quintet.data.large.stored_table.write_cells", late)
    with pytest.raises(FileRefused, match="changed while it was read"):
        open_rows(tmp_path / "x").learnt()


def test_a_disk_that_is_too_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, one=TABLE)
    monkeypatch.setattr(cells_file.shutil, "disk_usage", lambda _: os.terminal_size((0, 0)) and _Usage(100))
    with pytest.raises(FileRefused, match=r"20 rows need a temporary file .* set QUINTET_CACHE to a folder with more"):
        open_rows(tmp_path).learnt()


def test_a_disk_that_becomes_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, one=TABLE)

    def full(*_: Any) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(cells_file.os, "write", full)
    with pytest.raises(FileRefused, match=r"the disk is full.*set QUINTET_CACHE"):
        open_rows(tmp_path).learnt()


def test_nothing_is_left_on_the_disk(tmp_path: Path) -> None:
    write(tmp_path, one=TABLE)
    cells, _ = open_rows(tmp_path / "one.parquet").learnt()
    assert isinstance(cells, np.memmap)
    assert list(cells_file.rows_folder().iterdir()) == []


def test_a_mapped_file_that_changes(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.zeros((9, 2)))
    check = guard_of(np.load(tmp_path / "x.npy", mmap_mode="r")[1:])
    check()
    with open(tmp_path / "x.npy", "ab") as file:
        file.write(b"\0")
    with pytest.raises(FileRefused, match=r"x.npy changed while a model was fitted"):
        check()


class _Usage:
    def __init__(self, free: int) -> None:
        self.free = free
