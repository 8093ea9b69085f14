"""Writers: rows to a file in the format of its suffix or a table of a database, written wholly or not at all."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quintet.data.writers.database_tables import save_table
    from quintet.data.writers.row_files import save_rows

__all__ = ["save_rows", "save_table"]


def __getattr__(name: str) -> Any:
    if name == "save_rows":
        return import_module("quintet.data.writers.row_files").save_rows
    if name == "save_table":
        return import_module("quintet.data.writers.database_tables").save_table
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
