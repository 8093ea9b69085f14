"""Results of queries that are read part by part are those that are read whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.dataset
import pytest

from quintet.data.large import open_rows, query_chunks
from quintet.data.readers.sources import load_data
from quintet.data.writers.database_tables import save_table
from quintet.errors import InputError
from tests.data.large.tables import mixed

pytestmark = pytest.mark.usefixtures("stored")
QUERY = "SELECT length, count, level, yes FROM rows WHERE length > -2 ORDER BY id"


@pytest.fixture(params=["x.duckdb", "x.sqlite"])
def database(request: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(query_chunks, "MOST_ROWS", 64)
    save_table(tmp_path / request.param, "rows", mixed(400).drop_columns(["empty", "rank"]))
    return tmp_path / request.param


def test_the_cells_of_a_query(database: Path) -> None:
    cells, columns = open_rows(database, query=QUERY).learnt()
    whole = load_data(database, query=QUERY, table=True).x
    assert [column.name for column in columns.columns] == whole.column_names
    wanted, known = open_rows(pa.dataset.dataset(whole)).learnt()
    np.testing.assert_array_equal(cells, wanted)
    assert [column.type for column in columns.columns] == [column.type for column in known.columns]


def test_the_only_table_needs_no_query(database: Path) -> None:
    assert len(open_rows(database)) == 400


def test_a_query_that_is_none(database: Path) -> None:
    with pytest.raises(InputError, match="must be one SELECT statement"):
        open_rows(database, query="DROP TABLE rows WHERE 1")


@pytest.mark.filterwarnings("ignore:Column 'id' of")
def test_a_column_of_two_types(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_chunks, "MOST_ROWS", 64)
    save_table(tmp_path / "x.sqlite", "rows", mixed(200).select(["length", "id"]))
    query = "SELECT length, CASE WHEN rowid < 90 THEN 1 ELSE id END AS id FROM rows ORDER BY rowid"
    with pytest.raises(InputError, match=r"Column 'id' of .* got int64 in the first rows and string in later ones"):
        open_rows(tmp_path / "x.sqlite", query=query).learnt()


def test_a_query_of_files() -> None:
    with pytest.raises(InputError, match="query= needs a database"):
        open_rows("x.parquet", query=QUERY)
