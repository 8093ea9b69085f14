"""DuckDB: its files, and queries about .csv and .parquet files."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

from quintet.data.databases.address import Database
from quintet.data.databases.connection import Connection, Mode, cannot_open, quoted
from quintet.extras import extra

SETTINGS: dict[str, str | bool | int | float | list[str]] = {"autoinstall_known_extensions": "false"}
"""No extension is downloaded during a query."""
DATA = "data"
"""The name of a file's rows, or of an Arrow table, in a query."""


@contextmanager
def opened(database: Database, *, write: bool = False) -> Iterator[DuckDB]:
    """Open a file, for reading alone unless ``write``; without a file, a database in memory."""
    with extra("sql", str(database)):
        import duckdb
    try:
        alone = bool(database.target) and not write
        connection = duckdb.connect(database.target or ":memory:", read_only=alone, config=SETTINGS)
    except duckdb.Error as error:
        raise cannot_open(database, _reason(error)) from None
    try:
        connection.execute("SET python_enable_replacements = false")  # variables of callers are no tables
        connection.execute("SET TimeZone = 'UTC'")
        yield DuckDB(database, connection, duckdb)
    finally:
        connection.close()


class DuckDB(Connection):
    """A connection of DuckDB."""

    def __init__(self, database: Database, connection: Any, driver: Any) -> None:
        super().__init__(database)
        self.connection, self.driver = connection, driver

    def tables(self) -> dict[str, str]:
        """Tables and views; those of the schema ``main`` by their names alone."""
        found = self.connection.execute(
            "SELECT table_schema, table_name FROM information_schema.tables ORDER BY table_schema <> 'main', 1, 2"
        ).fetchall()
        return {name if schema == "main" else f"{schema}.{name}": quoted(schema, name) for schema, name in found}

    def offer(self, rows: Any) -> None:
        """Make rows the table ``data`` of queries: a ``pyarrow.Table``, or the path of a .parquet file."""
        if isinstance(rows, str):
            path = rows.replace("'", "''")
            self.connection.execute(f"CREATE TEMP VIEW {DATA} AS SELECT * FROM read_parquet('{path}')")
        else:
            self.connection.register(DATA, rows)

    def select(self, sql: str) -> Any:
        """The result of a SELECT statement."""
        try:
            return self._selected(sql).to_arrow_table()
        except self.driver.Error as error:
            raise self.refused_query(_reason(error)) from None

    def batches(self, sql: str, rows: int) -> Generator[Any, None, None]:
        """The result of a SELECT statement, part by part."""
        import pyarrow

        try:
            with self._selected(sql).to_arrow_reader(rows) as reader:
                yield reader.schema.empty_table()
                for batch in reader:
                    yield pyarrow.Table.from_batches([batch])
        except (self.driver.Error, pyarrow.ArrowException) as error:
            raise self.refused_query(_reason(error)) from None

    def _selected(self, sql: str) -> Any:
        statements = self.connection.extract_statements(sql)
        if len(statements) != 1 or statements[0].type != self.driver.StatementType.SELECT:
            found = ", ".join(statement.type.name for statement in statements) or "no statement"
            raise self.refused_query(found)
        return self.connection.sql(sql)

    def write(self, name: str, table: Any, mode: Mode) -> None:
        """Create, replace or extend a table by one statement."""
        place = self.tables().get(name) or quoted(*name.split(".", 1))
        start = {
            "create": f"CREATE TABLE {place} AS",
            "replace": f"CREATE OR REPLACE TABLE {place} AS",
            "append": f"INSERT INTO {place} BY NAME",
        }
        self.connection.register(DATA, table)
        try:
            self.connection.execute(f"{start[mode]} SELECT * FROM {DATA}")
        except self.driver.Error as error:
            raise self.refused_table(name, _reason(error)) from None


def _reason(error: Exception) -> str:
    """The first line of a message, without the class of the error."""
    return str(error).splitlines()[0].partition(" Error: ")[2] or str(error).splitlines()[0]
