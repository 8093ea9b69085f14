"""Sources of rows that ``fit`` takes in place of rows: paths, patterns, URLs and data sets of PyArrow."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from quintet.data.databases.address import is_url
from quintet.data.large.stored_table import StoredTable, open_rows
from quintet.data.large.table_files import is_pattern, is_table_files
from quintet.data.readers.sources import NAMES, load_data, locate


def opened(X: Any, y: Any, mask: Any) -> tuple[Any, Any, Any]:
    """Rows, labels and mask; rows of a source are read where they fit in memory, else left in their files.

    Labels and a mask of a file are used where none are given.
    """
    X = Path(X) if isinstance(X, os.PathLike) else X
    if isinstance(X, str | Path) and X not in NAMES and not is_url(X) and not is_pattern(X):
        X = locate(X)
    if isinstance(X, StoredTable) or _is_dataset(X) or is_table_files(X):
        table = open_rows(X)
        return (table.in_memory() if table.is_small else table), y, mask
    if not isinstance(X, str | Path):
        return X, y, mask
    found = load_data(X)
    return (
        found.x,
        found.y if y is None else y,
        ~found.observed if mask is None and found.observed is not None else mask,
    )


def _is_dataset(X: Any) -> bool:
    return type(X).__module__.startswith("pyarrow") and hasattr(X, "scanner")
