"""Writers: rows to a file in the format of its suffix; files and folders are written as a whole or not at all."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quintet.data.writers.row_files import save_rows

__all__ = ["save_rows"]


def __getattr__(name: str) -> Any:
    if name == "save_rows":
        return import_module("quintet.data.writers.row_files").save_rows
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
