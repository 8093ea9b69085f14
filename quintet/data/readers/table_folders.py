"""Several files of Parquet or Arrow as one table: a folder, a glob pattern, a URL, or a single .arrow file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any


def is_folder_of_tables(source: Any) -> bool:
    """Whether a source names files of Parquet or Arrow that ``read_parquet`` does not read alone."""
    from quintet.data.large.table_files import is_pattern, is_table_files

    if not isinstance(source, str | os.PathLike) or not is_table_files(source):
        return False
    text = os.fspath(source)
    alone = text.lower().endswith(".parquet") and "://" not in text
    return not alone or Path(text).is_dir() or is_pattern(text)


def read_tables(source: Any) -> Any:
    """All rows as a ``pyarrow.Table``."""
    from quintet.data.large.stored_table import open_rows

    return open_rows(source).in_memory()
