"""Queries: rows of a database, or of a file, that a SELECT statement or the name of a table chooses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from quintet.data.databases.address import Database
from quintet.data.databases.arrow_types import usual_types
from quintet.data.databases.connection import Connection, listed, unknown_table
from quintet.data.readers.opening import existing_file
from quintet.errors import FileRefused, InputError

FILES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".parquet")
"""Files that a query can be about."""


def opened(database: Database, *, write: bool = False) -> AbstractContextManager[Connection]:
    """Open a database with its driver, for reading alone unless ``write``."""
    if database.path is not None and not write:
        existing_file(database.path)
    if database.kind == "duckdb":
        from quintet.data.databases import duckdb_files

        return duckdb_files.opened(database, write=write)
    if database.kind == "sqlite":
        from quintet.data.databases import sqlite_files

        return sqlite_files.opened(database, write=write)
    from quintet.data.databases import postgresql

    return postgresql.opened(database, write=write)


def read_query(database: Database, query: str | None) -> Any:
    """The rows of a database as a ``pyarrow.Table``.

    Parameters
    ----------
    query : a SELECT statement or the name of a table; None for the only table that there is.
    """
    with opened(database) as connection:
        table = connection.select(_statement(query, connection))
    return _checked(table, str(database))


@contextmanager
def opened_query(database: Database, query: str | None) -> Iterator[tuple[Connection, str]]:
    """A connection, and the SELECT statement of a query as in ``read_query``."""
    with opened(database) as connection:
        yield connection, _statement(query, connection)


def read_file_query(path: Path, query: str) -> Any:
    """The rows that a SELECT statement chooses from a .csv or .parquet file, which it calls ``data``."""
    from quintet.data.databases import duckdb_files

    existing_file(path)
    memory = Database("duckdb", "", str(path))
    with duckdb_files.opened(memory) as connection:
        if path.suffix.lower() == ".parquet":
            connection.offer(str(path))
        else:
            from quintet.data.readers.tables import read_csv

            connection.offer(read_csv(path, as_table=True).x)
        table = connection.select(_statement(query, connection))
    return _checked(table, str(path))


def is_queried(path: Path) -> bool:
    """Whether a query can be about a file."""
    return path.name.lower().endswith(FILES)


def _statement(query: str | None, connection: Connection) -> str:
    """The SELECT statement, without a semicolon at its end."""
    tables, database = connection.tables(), connection.database
    if query is None:
        if len(tables) == 1:
            return f"SELECT * FROM {next(iter(tables.values()))}"
        if not tables:
            raise FileRefused(f"{database} must hold a table, got none: give another database.")
        raise InputError(
            f"query= (--query) must choose from the tables of {database}, {listed(list(tables))}: give one, or a "
            "SELECT statement."
        )
    query = query.strip().rstrip("; \n\t")
    if query in tables:
        return f"SELECT * FROM {tables[query]}"
    if re.fullmatch(r"[^\s()]+", query):
        raise unknown_table(query, list(tables), database)
    if not query:
        raise InputError("query= (--query) must be a SELECT statement or the name of a table, got an empty text.")
    return query


def _checked(table: Any, where: str) -> Any:
    if not table.num_columns:
        raise InputError(f"The query must return at least one column of {where}, got none: write a SELECT statement.")
    if not table.num_rows:
        raise FileRefused(f"The query must return at least one row of {where}, got none: check its conditions.")
    return usual_types(table, where)
