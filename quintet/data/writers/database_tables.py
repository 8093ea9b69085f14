"""Writer of frames to tables of databases."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from quintet.arguments import File, FrameLike
from quintet.data.databases.address import FORMS, Database, find_database
from quintet.data.databases.connection import Mode
from quintet.data.databases.queries import opened
from quintet.entry_points import public
from quintet.errors import FileRefused, InputError


@public
def save_table(database: File, name: str, frame: FrameLike, *, force: bool = False, append: bool = False) -> None:
    """Write a frame as a table of a database, wholly or not at all.

    Parameters
    ----------
    database : postgresql://USER@HOST/NAME, sqlite:///FILE, duckdb:///FILE, or a .duckdb, .sqlite or .db file, which may
        be new.
    name : of the table, or schema.table.
    frame : of pandas, Polars or Arrow.
    force : whether an existing table may be replaced.
    append : whether the rows are added to a table that exists.
    """
    if force and append:
        raise InputError("append=True cannot be combined with force=True, which replaces the table: leave out one.")
    mode: Mode = "append" if append else "replace" if force else "create"
    place = database_to_write(database)
    check_table(place, name, mode)
    write_table(place, name, frame, mode)


def database_to_write(place: str | Path) -> Database:
    """The database that a URL or path names; a file may be new."""
    found = find_database(place)
    if found is None or (found.kind == "duckdb" and not found.target):
        raise InputError(f"The database to write must be {FORMS}, got {place}.")
    return found


def check_table(database: Database, name: str, mode: Mode) -> None:
    """Raise FileRefused if a table cannot be written, before any work is done."""
    if not name.strip():
        raise InputError("The table to write must have a name, got an empty text.")
    if database.path is not None and not database.path.exists():
        if not database.path.parent.is_dir():
            raise FileRefused(f"The folder {database.path.parent} does not exist: create it first.")
        return
    with opened(database) as connection:
        exists = name in connection.tables()
    if exists and mode == "create":
        raise FileRefused(
            f"{database} has a table {name!r} already: give another name, force=True (--force) to replace it, or "
            "append=True (--append) to add rows to it."
        )


def write_table(
    database: Database, name: str, frame: Any, mode: Mode = "create", more: Mapping[str, Any] | None = None
) -> None:
    """Write a frame of any library as a table, wholly or not at all.

    Parameters
    ----------
    name : of the table, or schema.table.
    mode : what becomes of a table that exists.
    more : names and values, (n,) each, of further columns after those of the frame.
    """
    from quintet.data.databases.arrow_types import storable
    from quintet.data.writers.frame_files import arrow_frame

    table = storable(arrow_frame(frame, str(database), more))
    if mode == "append" and database.path is not None and not database.path.exists():
        mode = "create"
    made = database.path is not None and not database.path.exists()
    done = False
    try:
        with opened(database, write=True) as connection:
            known = name in connection.tables()
            connection.write(name, table, "create" if mode == "append" and not known else mode)
        done = True
    finally:
        if made and not done and database.path is not None:
            database.path.unlink(missing_ok=True)
