"""Rows that are never whole in memory: files of Parquet and Arrow, results of queries, mapped arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # as the reference and type checkers read it
    from quintet.data.large.stored_table import StoredTable, open_rows

__all__ = ["StoredTable", "open_rows"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from quintet.data.large import stored_table

    return getattr(stored_table, name)
