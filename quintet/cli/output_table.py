"""Tables of databases that answers are written to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from quintet.data.databases.address import Database, find_database, is_url
from quintet.data.databases.connection import Mode
from quintet.errors import InputError


@dataclass(frozen=True)
class OutputTable:
    """A table of a database to write to, and what becomes of one that exists."""

    database: Database
    name: str
    mode: Mode

    suffix = ""
    """A table has no suffix that names a format."""

    def __str__(self) -> str:
        return f"{self.database}, table {self.name}"

    def write_frame(self, frame: Any, more: Mapping[str, Any] | None = None) -> None:
        """Write a frame of any library, with further columns after its own."""
        from quintet.data.writers.database_tables import write_table

        write_table(self.database, self.name, frame, self.mode, more)


def output_table(out: str, name: str | None, *, append: bool, force: bool) -> OutputTable | None:
    """Check the table to write before any work is done; None where ``out`` names a file of rows."""
    if not is_url(out) and find_database(out) is None:
        for option, given in (("--out-table", name), ("--append", append)):
            if given:
                raise InputError(f"{option} needs a database as --out, got {out}: leave it out.")
        return None
    from quintet.data.writers.database_tables import check_table, database_to_write

    database = database_to_write(out)
    if name is None:
        raise InputError(f"--out {database} needs --out-table: name the table to write.")
    if append and force:
        raise InputError("--append cannot be combined with --force, which replaces the table: leave out one of them.")
    mode: Mode = "append" if append else "replace" if force else "create"
    check_table(database, name, mode)
    return OutputTable(database, name, mode)
