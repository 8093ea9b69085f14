"""What every database answers, and the errors in one sentence."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Generator
from typing import Any, Literal

from quintet.data.databases.address import Database
from quintet.errors import FileRefused, InputError, nearest

Mode = Literal["create", "replace", "append"]
"""What becomes of a table that exists: an error, another table in its place, or more rows."""
LISTED = 20
"""Tables that a message lists."""
ABSENT = re.compile(r"relation|no such table|table with name", re.IGNORECASE)
"""The words by which the three databases say that a table does not exist."""


class Connection(ABC):
    """An open database; what one connection writes is one transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @abstractmethod
    def tables(self) -> dict[str, str]:
        """Names of tables and views -> how SQL writes them; those of other schemas as schema.table."""

    @abstractmethod
    def select(self, sql: str) -> Any:
        """The result of a SELECT statement as a ``pyarrow.Table``; nothing else is executed."""

    @abstractmethod
    def batches(self, sql: str, rows: int) -> Generator[Any, None, None]:
        """The result of a SELECT statement as ``pyarrow.Table`` of about ``rows`` rows each, at least one of them."""

    @abstractmethod
    def write(self, name: str, table: Any, mode: Mode) -> None:
        """Write a ``pyarrow.Table`` as a table, wholly or not at all."""

    def refused_query(self, reason: str) -> InputError:
        """The error for a query that the database refuses, with its own words."""
        reason = self.database.without_secrets(" ".join(reason.split()).rstrip(".!"))
        names = list(self.tables()) if ABSENT.search(reason) else []
        known = f" (its tables are {listed(names)})" if names else ""
        return InputError(
            f"The query must be one SELECT statement that {self.database} can execute, got: {reason}{known}."
        )

    def refused_table(self, name: str, reason: str) -> FileRefused:
        """The error for a table that the database does not write, with its own words."""
        reason = self.database.without_secrets(" ".join(reason.split()).rstrip(".!"))
        return FileRefused(f"Cannot write the table {name!r} in {self.database}: {reason}; nothing was written.")


def cannot_open(database: Database, reason: str) -> FileRefused:
    """The error for a database that does not open, with its driver's words."""
    reason = database.without_secrets(" ".join(reason.split()).rstrip(".!"))
    return FileRefused(f"Cannot open {database}: {reason}.")


def unknown_table(name: str, names: list[str], database: Database) -> InputError:
    """The error for the name of a table that is not there."""
    if not names:
        return InputError(f"{database} has no table {name!r}, and no other: check its name.")
    known = nearest(name, names) if len(names) <= LISTED else f"its tables are {listed(names)}"
    return InputError(f"{database} has no table {name!r}: {known}.")


def listed(names: list[str]) -> str:
    """Names of tables for a message."""
    return ", ".join(names[:LISTED]) + (", ..." if len(names) > LISTED else "")


def quoted(*names: str) -> str:
    """A name, or a schema and a name, as SQL writes it."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)
