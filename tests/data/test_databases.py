"""Databases: types of columns there and back, what a query chooses, tables written wholly or not at all, and errors."""

import sqlite3
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from unittest.mock import Mock
from urllib.parse import quote

import duckdb
import numpy as np
import pyarrow
import pytest

from quintet.data.databases.address import find_database, shown
from quintet.data.databases.queries import read_query
from quintet.data.readers.loaded import Loaded
from quintet.data.readers.sources import load_data
from quintet.data.writers import save_table
from quintet.errors import InputError, QuintetError, QuintetWarning
from quintet.studies.compare import rows as study_rows
from tests.postgresql_server import PASSWORD, server, why_not

KINDS = ("duckdb", "sqlite", "postgresql")
ROWS = pyarrow.table(
    {
        "whole": pyarrow.array([1, None, 3], pyarrow.int64()),
        "small": pyarrow.array([1, None, 3], pyarrow.int32()),
        "huge": pyarrow.array([2**63 + 1, None, 2**64 - 1], pyarrow.uint64()),
        "number": [1.5, None, -0.1],
        "price": pyarrow.array([Decimal("1.20"), None, Decimal("-3.05")], pyarrow.decimal128(8, 2)),
        "wide": pyarrow.array([Decimal("12345678901234567890.25"), None, Decimal("0.01")], pyarrow.decimal128(24, 2)),
        "flag": [True, None, False],
        "text": ["", None, "it's"],
        "level": pyarrow.array(["a", None, "b"]).dictionary_encode(),
        "day": [date(2024, 2, 29), None, date(1969, 12, 31)],
        "time": pyarrow.array([datetime(2024, 2, 29, 1, 2, 3, 250_000), None, datetime(1900, 1, 1)]),
        "zoned": pyarrow.array(
            [datetime(2024, 2, 29, 12), None, datetime(2000, 1, 1)], pyarrow.timestamp("us", "Asia/Tokyo")
        ),
        "span": pyarrow.array([timedelta(days=3, microseconds=1), None, timedelta(0)]),
        'odd "name"': [1, 2, 3],
    }
)


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)
    with server() as url:
        yield url


@pytest.fixture(params=KINDS, scope="module")
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with the table ``rows``."""
    if request.param == "postgresql":
        place = str(request.getfixturevalue("postgresql"))
    else:
        place = f"{tmp_path_factory.mktemp('databases')}/shop.{request.param}"
    save_table(place, "rows", ROWS)
    return place


def test_types_and_values_come_back(database: str) -> None:
    back = load_data(database, query="rows", table=True).x
    assert back.column_names == ROWS.column_names
    for name in ROWS.column_names:
        if name == "span" and database.endswith(".sqlite"):
            continue  # text: SQLite has no type for spans
        assert back[name].to_pylist() == ROWS[name].to_pylist(), name
        wanted, found = ROWS[name].type, back[name].type
        for same in ("is_boolean", "is_floating", "is_date", "is_timestamp", "is_duration"):
            assert getattr(pyarrow.types, same)(found) == getattr(pyarrow.types, same)(wanted), name
    assert pyarrow.types.is_integer(back["whole"].type)
    assert pyarrow.types.is_decimal(back["price"].type)
    assert back["price"].type.scale == 2


def test_a_query_chooses_rows_and_columns(database: str) -> None:
    found = load_data(
        database, query="SELECT day, whole + 1 AS next, price FROM rows WHERE whole IS NOT NULL ORDER BY 2;"
    )
    assert found.names == ["day", "next", "price"]
    assert found.x["next"].to_pylist() == [2, 4]
    assert found.x["day"].to_pylist() == [date(2024, 2, 29), date(1969, 12, 31)]
    labelled = load_data(database, query="SELECT whole, number, small FROM rows WHERE whole = 3", label="small")
    assert labelled.names == ["whole", "number"]
    assert labelled.y is not None
    assert labelled.y.tolist() == [3]


WRONG = {
    "rows2": "has no table 'rows2': .*rows",
    "SELECT * FROM missing_table": "The query must be one SELECT statement .*missing_table.*its tables are .*rows",
    "SELECT nowhere FROM rows": "The query must be one SELECT statement .*nowhere",
    "SELEC 1": "The query must be one SELECT statement .*got: .*syntax",
    "DELETE FROM rows": "The query must be one SELECT statement",
    "DROP TABLE rows": "The query must be one SELECT statement",
    "SELECT 1 AS a; DROP TABLE rows": "The query must be one SELECT statement",
    "SELECT * FROM rows WHERE whole > 99": "The query must return at least one row .*got none",
    " ; ": "must be a SELECT statement or the name of a table, got an empty text",
}


def test_a_wrong_query_is_one_sentence_and_changes_nothing(database: str) -> None:
    for query, said in WRONG.items():
        with pytest.raises(QuintetError, match=said) as caught:
            load_data(database, query=query)
        assert_one_sentence(str(caught.value), database)
    assert load_data(database, query="rows").x.num_rows == 3


def assert_one_sentence(text: str, database: str) -> None:
    assert "\n" not in text
    assert text.endswith(".")
    if database.startswith("postgresql"):
        assert PASSWORD not in text
        assert quote(PASSWORD, safe="") not in text


def test_a_table_is_created_replaced_or_extended_and_else_left(database: str) -> None:
    first, wider = pyarrow.table({"a": [1.0, 2.0]}), pyarrow.table({"b": ["x"], "a": [5]})
    save_table(database, "new", first)
    with pytest.raises(QuintetError, match="has a table 'new' already: give another name") as caught:
        save_table(database, "new", wider)
    assert_one_sentence(str(caught.value), database)
    save_table(database, "new", pyarrow.table({"a": pyarrow.array([3], pyarrow.int8())}), append=True)
    assert load_data(database, query="SELECT a FROM new ORDER BY a").x["a"].to_pylist() == [1, 2, 3]
    with pytest.raises(QuintetError, match=r"Cannot write the table 'new' .*nothing was written") as caught:
        save_table(database, "new", wider, append=True)
    assert_one_sentence(str(caught.value), database)
    assert load_data(database, query="new").x.shape == (3, 1)
    save_table(database, "new", wider, force=True)
    assert load_data(database, query="new").x.to_pylist() == wider.to_pylist()


def test_a_table_of_which_a_cell_is_refused_is_not_there(tmp_path: Path) -> None:
    """Text that is no Unicode after a thousand rows: a new file is removed, an earlier one keeps its tables."""
    broken = pyarrow.table({"a": pyarrow.array([b"x"] * 5000 + [b"\xff"]).view(pyarrow.binary())})
    broken = pyarrow.table({"a": pyarrow.Array.from_buffers(pyarrow.string(), 5001, broken["a"].chunk(0).buffers())})
    for name in ("new.sqlite", "old.sqlite"):
        if name == "old.sqlite":
            save_table(tmp_path / name, "kept", pyarrow.table({"a": [1]}))
        with pytest.raises(UnicodeDecodeError):
            save_table(tmp_path / name, "rows", broken)
    assert not (tmp_path / "new.sqlite").exists()
    with sqlite3.connect(tmp_path / "old.sqlite") as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("kept",)]
    connection.close()


def test_the_only_table_needs_no_name_and_of_several_one_must_be_chosen(tmp_path: Path) -> None:
    path = tmp_path / "a.db"  # SQLite by its suffix
    save_table(path, "one", pyarrow.table({"a": [1, 2]}))
    assert load_data(path).x.shape == (2, 1)
    assert load_data(f"sqlite:///{path}").x.shape == (2, 1)
    save_table(path, "two", pyarrow.table({"a": [1, 2]}))
    with pytest.raises(QuintetError, match=r"must choose from the tables of .*one, two"):
        load_data(path)


def test_a_file_is_of_the_kind_of_its_content(tmp_path: Path) -> None:
    duckdb.connect(tmp_path / "a.duckdb").close()
    save_table(tmp_path / "a.duckdb", "t", pyarrow.table({"a": [1, 2]}))
    (tmp_path / "a.duckdb").rename(tmp_path / "a.db")
    assert load_data(tmp_path / "a.db").x.shape == (2, 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mysql://u:geheim@h/d", "A database must be .*got a URL of mysql"),
        ("sqlite://shop.db", "must name a file after three slashes"),
        ("duckdb:///absent.duckdb", "There is no file absent.duckdb"),
        ("absent.sqlite", "There is no file absent.sqlite"),
        ("postgresql://u:geheim@127.0.0.1:1/d", "Cannot open postgresql://u@127.0.0.1:1/d: .*[Rr]efused"),
        ("postgres://u:geheim@[bad/d", "Cannot open postgresql://u@"),
        ("postgresql://u:gehe%zzim@h/d", "Cannot open postgresql://u@h/d"),
        (
            "postgresql://u@127.0.0.1:xx/d?password=geheim&sslpassword=geheim",
            "Cannot open postgresql://u@127.0.0.1:xx/d",
        ),
    ],
)
def test_a_database_that_does_not_open_is_one_sentence_without_its_password(
    text: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(QuintetError, match=said) as caught:
        load_data(text, query="SELECT 1 AS a")
    assert_one_sentence(str(caught.value), text)
    assert "geheim" not in str(caught.value)
    assert "gehe%zzim" not in str(caught.value)


def test_a_wrong_password_is_not_repeated(postgresql: str) -> None:
    with pytest.raises(QuintetError, match='password authentication failed for user "tester"') as caught:
        load_data(postgresql.replace(quote(PASSWORD, safe=""), "geheim"), query="SELECT 1 AS a")
    assert "geheim" not in str(caught.value)


def test_no_name_of_a_database_has_its_password() -> None:
    found = find_database("postgresql+psycopg://me:a%40b@host:5432/shop?password=geheim&application_name=x")
    assert found is not None
    assert str(found) == shown("postgresql://me:x@host:5432/shop") == "postgresql://me@host:5432/shop"
    assert "geheim" not in repr(found)
    assert found.without_secrets("a@b and a%40b and geheim") == "*** and *** and ***"


def test_a_study_of_a_database_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = np.random.default_rng(0).normal(size=(20, 2))
    loaded = Loaded(numbers, names=["a", "b"])
    refused = InputError("It has no test split.")
    monkeypatch.setattr(study_rows, "load_data", Mock(side_effect=[loaded, refused]))
    rows = study_rows.material("postgresql://me:geheim@host/shop")
    assert rows.source == "postgresql://me@host/shop"
    assert "geheim" not in rows.name


def test_types_that_only_postgresql_has(postgresql: str) -> None:
    found = load_data(
        postgresql,
        query="""SELECT 'NaN'::numeric AS a, sum(2::bigint) AS b, '10000000000000000001'::numeric AS c,
        '41781b35-f068-42fb-b096-988c8e1d1bc4'::uuid AS d, interval '3 days' AS e, '{"a": 1}'::jsonb AS f,
        'x'::name AS g""",
    ).x
    assert np.isnan(found["a"].to_pylist()[0])
    assert [found[name].to_pylist()[0] for name in "bcdefg"] == [
        2,
        10_000_000_000_000_000_001,
        "41781b35-f068-42fb-b096-988c8e1d1bc4",
        timedelta(days=3),
        '{"a": 1}',
        "x",
    ]
    assert pyarrow.types.is_int64(found["b"].type)
    for kind, said in {
        "'5'::money": "of type money: cast it",
        "interval '1 month'": "got months: cast it",
        "array[1]": "list",
    }.items():
        with pytest.raises(QuintetError, match=said):
            load_data(postgresql, query=f"SELECT {kind} AS a, 'x' AS b")


def test_columns_of_sqlite_have_their_declared_types_where_all_values_agree(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.execute(
            "CREATE TABLE t (flag BOOLEAN, odd BOOLEAN, day DATE, price DECIMAL(6, 2), cents DECIMAL(6, 2), n INT)"
        )
        connection.executemany(
            "INSERT INTO t VALUES (?, ?, ?, ?, ?, NULL)",
            [(0, 0, "2024-01-02", 1.5, 1.005), (1, 2, None, 2, 2), (None, 1, "2023-12-31", 0.1, 3)],
        )
        connection.execute("CREATE TABLE mixed (a, b TEXT)")
        connection.executemany("INSERT INTO mixed VALUES (?, ?)", [(1, "2024-01-02"), ("two", "soon"), (None, None)])
    connection.close()
    found = load_data(tmp_path / "a.db", query="t").x
    kinds = {name: str(found[name].type) for name in found.column_names}
    assert kinds == {
        "flag": "bool",
        "odd": "int64",
        "day": "date32[day]",
        "price": "decimal128(6, 2)",
        "cents": "double",
        "n": "int64",
    }
    assert load_data(tmp_path / "a.db", query="SELECT date(day, '+1 day') AS d, 1 AS n FROM t").x["d"].to_pylist() == [
        date(2024, 1, 3), None, date(2024, 1, 1)
    ]  # fmt: skip
    with pytest.warns(QuintetWarning, match="Column 'a' of .*a.db holds text such as 'two' among numbers"):
        mixed = load_data(tmp_path / "a.db", query="mixed").x
    assert mixed.to_pylist() == [{"a": "1", "b": "2024-01-02"}, {"a": "two", "b": "soon"}, {"a": None, "b": None}]


def test_a_query_about_a_file_reads_it_as_without_one(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("n;day;price;city\n1;2024-02-29;1,5;Bern\n2;;2,25;?\n3;2024-03-01;;Oslo\n")
    plain = load_data(tmp_path / "a.csv").x
    assert load_data(tmp_path / "a.csv", query="SELECT * FROM data").x.equals(plain)
    assert load_data(tmp_path / "a.csv", query="SELECT price, city FROM data WHERE n > 1").x.to_pylist() == [
        {"price": 2.25, "city": None}, {"price": None, "city": "Oslo"}
    ]  # fmt: skip
    from pyarrow import parquet

    parquet.write_table(plain, tmp_path / "it's.parquet")
    assert load_data(tmp_path / "it's.parquet", query="SELECT * FROM data").x.to_pylist() == plain.to_pylist()
    joined = f"SELECT a.city, b.n FROM '{tmp_path}/a.csv' a JOIN read_parquet('{tmp_path}/it''s.parquet') b USING (n)"
    assert load_data("duckdb://", query=joined).x.num_rows == 3
    with pytest.raises(QuintetError, match=r"needs a database, a .csv, .tsv or .parquet file"):
        load_data("digits.npy", query="SELECT 1")
    with pytest.raises(QuintetError, match="needs a database or a table's file, got digits"):
        load_data("digits", query="SELECT 1")


def test_variables_of_the_program_are_no_tables() -> None:
    secret = ROWS  # noqa: F841  DuckDB would find it by its name
    database = find_database("duckdb://")
    assert database is not None
    with pytest.raises(QuintetError, match="secret"):
        read_query(database, "SELECT * FROM secret")
