"""Rows that are never whole in memory: files of Parquet and Arrow, results of queries, mapped arrays."""

from __future__ import annotations

from typing import Any

__all__ = ["StoredTable", "open_rows"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from quintet.data.large import stored_table

    return getattr(stored_table, name)
