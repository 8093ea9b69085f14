"""Tables that are too large to be read whole, as `quintet fit` takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quintet.errors import InputError

if TYPE_CHECKING:
    from quintet.data.large import StoredTable
    from quintet.data.readers.loaded import Loaded


def stored_table(data: str, query: str | None = None) -> StoredTable | None:
    """DATA as a table that stays in its files or its database; None for one that fits in memory, and for all else."""
    from quintet.data.databases.address import find_database, is_url
    from quintet.data.large.table_files import is_database, is_pattern, is_table_files
    from quintet.data.readers.sources import NAMES, locate

    if data in NAMES:
        return None
    if is_database(data):
        return None if find_database(data) is None else _unless_small(data, query)
    if query is not None or not is_table_files(data):
        return None
    return _unless_small(data if is_url(data) or is_pattern(data) else locate(data), None)


def _unless_small(source: Any, query: str | None) -> StoredTable | None:
    from quintet.data.large import open_rows

    found = open_rows(source, query=query)
    return None if found.is_small else found


def stored_rows(data: str, **which: Any) -> Loaded | None:
    """The rows of DATA where they stay in their files, without the column of labels."""
    table = stored_table(data, which.get("query"))
    if table is None:
        return None
    from quintet.data.readers.loaded import Loaded

    for name in ("only", "except_", "size", "limit", "pages"):
        if which.get(name) is not None:
            raise InputError(
                f"--{name.rstrip('_')} needs rows in memory, but {data} is too large for that: choose its rows "
                "beforehand, or by --query."
            )
    label = which.get("label")
    if label is None:
        return Loaded(table, names=table.names)
    wanted = [label] if label in table.names else [part.strip() for part in label.split(",")]
    rows = table.without(wanted)
    return Loaded(rows, table.values_of(wanted), rows.names, label, label_names=wanted)
