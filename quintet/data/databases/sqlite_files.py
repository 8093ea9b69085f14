"""SQLite files, by the module of Python's standard library."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from quintet.data.databases.address import Database
from quintet.data.databases.connection import Connection, Mode, cannot_open, quoted
from quintet.extras import extra

VIEW = "temp.quintet_query"
PATIENCE = 15.0
"""Seconds until a file that another process writes is given up."""


@contextmanager
def opened(database: Database, *, write: bool = False) -> Iterator[SQLite]:
    """Open a file, for reading alone unless ``write``."""
    with extra("sql", str(database)):
        import pyarrow  # noqa: F401
    path = quote(str(Path(database.target).absolute()))
    try:
        connection = sqlite3.connect(
            f"file:{path}?mode={'rwc' if write else 'ro'}", uri=True, timeout=PATIENCE, isolation_level=None
        )
    except sqlite3.Error as error:
        raise cannot_open(database, str(error)) from None
    with closing(connection):
        try:
            connection.execute("SELECT name FROM sqlite_master LIMIT 1").fetchall()
        except sqlite3.Error as error:
            raise cannot_open(database, str(error)) from None
        yield SQLite(database, connection)


class SQLite(Connection):
    """A connection to a file."""

    def __init__(self, database: Database, connection: sqlite3.Connection) -> None:
        super().__init__(database)
        self.connection = connection

    def tables(self) -> dict[str, str]:
        """Tables and views."""
        found = self.connection.execute(
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
            "ORDER BY name"
        )
        return {name: quoted(name) for (name,) in found}

    def select(self, sql: str) -> Any:
        """The result of a SELECT statement, in the types that the tables declare."""
        return next(self._selected(sql, None))

    def batches(self, sql: str, rows: int) -> Generator[Any, None, None]:
        """The result of a SELECT statement, part by part; types are those of each part's values."""
        return self._selected(sql, rows)

    def _selected(self, sql: str, size: int | None) -> Generator[Any, None, None]:
        """All rows in one table, or ``size`` in each."""
        from quintet.data.databases.sqlite_types import arrow_table

        try:
            self.connection.execute(f"DROP VIEW IF EXISTS {VIEW}")
            self.connection.execute(f"CREATE TEMP VIEW {VIEW.partition('.')[2]} AS {sql}")
            declared = [row[2] for row in self.connection.execute(f"PRAGMA temp.table_info({VIEW.partition('.')[2]})")]
            cursor = self.connection.execute(sql)
            names = [column[0] for column in cursor.description]
            rows = cursor.fetchall() if size is None else cursor.fetchmany(size)
            yield arrow_table(names, declared, rows, self.database)
            while size is not None and (rows := cursor.fetchmany(size)):
                yield arrow_table(names, declared, rows, self.database)
        except (sqlite3.Error, sqlite3.Warning, UnicodeError) as error:
            raise self.refused_query(str(error)) from None

    def write(self, name: str, table: Any, mode: Mode) -> None:
        """Create, replace or extend a table in one transaction."""
        from quintet.data.databases.sqlite_types import bound_rows, declared_type

        place = quoted(name)
        columns = ", ".join(quoted(column) for column in table.column_names)
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            if mode == "replace":
                self.connection.execute(f"DROP TABLE IF EXISTS {place}")
            if mode != "append":
                types = ", ".join(f"{quoted(field.name)} {declared_type(field.type)}" for field in table.schema)
                self.connection.execute(f"CREATE TABLE {place} ({types})")
            marks = ", ".join("?" * table.num_columns)
            self.connection.executemany(f"INSERT INTO {place} ({columns}) VALUES ({marks})", bound_rows(table))
            self.connection.execute("COMMIT")
        except BaseException as error:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise self.refused_table(name, str(error)) from None
            raise
