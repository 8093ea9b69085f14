"""A table on disk has the columns, cells and constraints of the same table in memory."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import dataset, feather, parquet

from quintet.data.columns.declared import read_entries
from quintet.data.frame_columns import learn_table
from quintet.data.large import arrow_chunks, open_rows
from tests.data.large.tables import as_folder, mixed

pytestmark = [pytest.mark.usefixtures("stored"), pytest.mark.filterwarnings("ignore:Column 'late' holds dates")]


def assert_as_in_memory(source: Any, table: pa.Table, **declared: Any) -> None:
    cells, columns = open_rows(source).learnt(**declared)
    wanted, known = learn_table(table, **declared)
    assert len(table) == len(cells)
    assert columns == known
    assert cells.dtype == wanted.dtype
    np.testing.assert_array_equal(cells, wanted)
    assert columns.schema(cells) == known.schema(wanted)


def test_all_types_are_learnt_as_in_memory(tmp_path: Path) -> None:
    folder = as_folder(tmp_path / "x", mixed(500))
    assert_as_in_memory(folder, dataset.dataset(folder).to_table())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=12)
@given(chunk=st.integers(1, 200), rows=st.integers(12, 150), seed=st.integers(0, 99))
def test_nothing_depends_on_how_rows_are_cut(chunk: int, rows: int, seed: int, tmp_path: Path) -> None:
    table = mixed(rows, seed)
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setattr(arrow_chunks, "MOST_ROWS", chunk)
        assert_as_in_memory(dataset.dataset(table), table)


def test_what_is_declared_holds_as_in_memory(tmp_path: Path) -> None:
    folder = as_folder(tmp_path / "x", mixed(400))
    declared = read_entries({"length": {"low": -9}, "count": {"type": "categorical"}, "day": {"type": "left_out"}})
    assert_as_in_memory(folder, dataset.dataset(folder).to_table(), declared=declared)


def test_constraints_are_found_in_all_rows(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    a, b = rng.integers(0, 50, 900), rng.integers(0, 9, 900)
    town = np.array(list("abcdefg"))[rng.integers(0, 7, 900)]
    land = np.where(town < "d", "north", "south")
    table = pa.table({"a": a, "b": b, "sum": a + b, "town": town, "land": land})
    assert_as_in_memory(as_folder(tmp_path / "x", table), table)
    assert len(open_rows(tmp_path / "x").learnt()[1].constraints) == 2
    land[-1], town[-1] = "north", "g"  # the last row alone breaks it
    broken = pa.table({"a": a, "b": b, "sum": a + b, "town": town, "land": land})
    assert_as_in_memory(as_folder(tmp_path / "y", broken), broken)
    assert len(open_rows(tmp_path / "y").learnt()[1].constraints) == 1


def test_the_same_rows_by_every_way_in(tmp_path: Path) -> None:
    table = mixed(300).drop_columns(["late"])
    folder = as_folder(tmp_path / "x", table, files=11)
    feather.write_feather(table, tmp_path / "one.arrow", compression="uncompressed")
    memory = fsspec.filesystem("memory")
    for path in folder.iterdir():
        memory.pipe(f"/quintet-large/{path.name}", path.read_bytes())
    (folder / "_SUCCESS").write_text("")
    wanted = open_rows(folder).learnt()[0]
    sources: list[Any] = [
        *(f"{folder}/part-*.parquet", f"file://{folder}", tmp_path / "one.arrow", dataset.dataset(table)),
        *("memory://quintet-large/", "memory://quintet-large/*.parquet"),
        [folder / f"part-{i}.parquet" for i in range(11)],
    ]
    for source in sources:
        np.testing.assert_array_equal(open_rows(source).learnt()[0], wanted, err_msg=str(source))
    memory.rm("/quintet-large", recursive=True)


def test_folders_named_after_a_column_hold_its_values(tmp_path: Path) -> None:
    table = mixed(60).select(["length", "yes"])
    for year in (2023, 2024):
        (tmp_path / f"year={year}").mkdir()
        parquet.write_table(table, tmp_path / f"year={year}" / "x.parquet")
    cells, columns = open_rows(tmp_path).learnt()
    assert [column.name for column in columns.columns] == ["length", "yes", "year"]
    assert len(np.unique(cells[:, 2])) == 2
    assert len(cells) == 120
