"""PostgreSQL by its Arrow driver (ADBC): results and tables are passed in binary form."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

from quintet.data.databases.address import Database
from quintet.data.databases.connection import Connection, Mode, cannot_open, quoted
from quintet.extras import extra

PATIENCE = 15
"""Seconds until a server that does not answer is given up."""
SCHEMAS = """
SELECT n.nspname, c.relname, pg_table_is_visible(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
ORDER BY 3 DESC, 1, 2
"""
ARRIVED = "quintet_rows"
"""The temporary table from which rows are appended to another."""


@contextmanager
def opened(database: Database, *, write: bool = False) -> Iterator[PostgreSQL]:
    """Connect to a server, in a transaction that reads alone unless ``write``."""
    with extra("sql", str(database)):
        from adbc_driver_postgresql import dbapi
    patience = "" if "connect_timeout=" in database.target else f"{_joint(database.target)}connect_timeout={PATIENCE}"
    try:
        connection = dbapi.connect(database.target + patience)
    except dbapi.Error as error:
        raise cannot_open(database, _reason(error)) from None
    try:
        if not write:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION READ ONLY")
        yield PostgreSQL(database, connection, dbapi)
    finally:
        connection.close()


class PostgreSQL(Connection):
    """A connection to a server."""

    def __init__(self, database: Database, connection: Any, driver: Any) -> None:
        super().__init__(database)
        self.connection, self.driver = connection, driver

    def tables(self) -> dict[str, str]:
        """Tables and views; those on the search path by their names alone."""
        with self.connection.cursor() as cursor:
            cursor.execute(SCHEMAS)
            found = cursor.fetchall()
        return {name if visible else f"{schema}.{name}": quoted(schema, name) for schema, name, visible in found}

    def select(self, sql: str) -> Any:
        """The result of a SELECT statement."""
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetch_arrow_table()
        except self.driver.Error as error:
            self.connection.rollback()
            raise self.refused_query(_reason(error)) from None

    def batches(self, sql: str, rows: int) -> Generator[Any, None, None]:
        """The result of a SELECT statement, part by part, of as many rows each as the driver chooses."""
        import pyarrow

        try:
            with self.connection.cursor() as cursor:
                cursor.execute(sql)
                reader = cursor.fetch_record_batch()
                yield reader.schema.empty_table()
                for batch in reader:
                    yield pyarrow.Table.from_batches([batch])
        except (self.driver.Error, pyarrow.ArrowException) as error:
            self.connection.rollback()
            raise self.refused_query(_reason(error)) from None

    def write(self, name: str, table: Any, mode: Mode) -> None:
        """Create, replace or extend a table in one transaction."""
        place = self.tables().get(name)
        schema, _, bare = name.rpartition(".") if place is None else _parts(place)
        where = {"db_schema_name": schema} if schema else {}
        try:
            with self.connection.cursor() as cursor:
                if mode == "append":
                    self._append(cursor, place or quoted(name), table)
                else:
                    cursor.adbc_ingest(bare, table, mode=mode, **where)
            self.connection.commit()
        except self.driver.Error as error:
            self.connection.rollback()
            raise self.refused_table(name, _reason(error)) from None

    def _append(self, cursor: Any, place: str, table: Any) -> None:
        """Rows by way of a temporary table: the server casts them to the columns of the table."""
        cursor.adbc_ingest(ARRIVED, table, mode="create", temporary=True)
        columns = ", ".join(quoted(column) for column in table.column_names)
        cursor.execute(f"INSERT INTO {place} ({columns}) SELECT {columns} FROM pg_temp.{ARRIVED}")
        cursor.execute(f"DROP TABLE pg_temp.{ARRIVED}")


def _parts(place: str) -> tuple[str, str, str]:
    """Schema, point and name of a quoted table."""
    schema, point, name = place[1:-1].partition('"."')
    return schema.replace('""', '"'), point, name.replace('""', '"')


def _joint(url: str) -> str:
    return "&" if "?" in url else "?"


def _reason(error: Exception) -> str:
    """The server's own words, in one line."""
    text = str(error)
    said = re.search(r"(?:ERROR|FATAL): +(.*)", text)
    if said:
        return said[1]
    found = re.search(r"\[libpq\] (.*)", text)
    return (found[1] if found else text.splitlines()[0]).removeprefix("Failed to connect: ")
