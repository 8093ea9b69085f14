"""Cells of rows in a temporary file without a name, which is gone when the process ends, however it ends."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from quintet.data.columns.base import Array
from quintet.data.readers.image_cache import cache_folder
from quintet.data.writers.atomic_file import write_problem
from quintet.errors import FileRefused

CURE = "set QUINTET_CACHE to a folder with more room"


def rows_folder() -> Path:
    """The folder of temporary cells: below QUINTET_CACHE, or below the system's folder for caches.

    The system's own folder for temporary files may lie in memory.
    """
    return cache_folder().parent / "rows"


def write_cells(parts: Iterator[Array], cells: int, stated: int | None) -> Array:
    """Write rows of cells part by part, and map them for reading, (n, cells) of float64.

    Parameters
    ----------
    parts : (rows, cells) each.
    cells : of a row.
    stated : expected number of rows, whose room is looked for before the first one is written.

    Raises
    ------
    FileRefused
        If the disk has no room, or becomes full.
    """
    folder = rows_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        room, needed = shutil.disk_usage(folder).free, 8 * cells * (stated or 0)
        if room < needed:
            raise FileRefused(
                f"The cells of {stated:,} rows need a temporary file of {needed / 2**30:.1f} GB, got room for "
                f"{room / 2**30:.1f} GB in {folder}: {CURE}."
            )
        file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - the mapping keeps its cells
    except OSError as error:
        raise FileRefused(f"Cannot write cells of rows in {folder}: {write_problem(folder, error)}; {CURE}.") from error
    rows = 0
    with file:
        for part in parts:
            try:
                _write_all(file.fileno(), np.ascontiguousarray(part, dtype=np.float64).data.cast("B"))
            except OSError as error:
                raise FileRefused(
                    f"Cannot write cells of rows in {folder}: {write_problem(folder, error)}; {CURE}."
                ) from error
            rows += len(part)
        return np.memmap(file, np.float64, "r", shape=(rows, cells)) if rows else np.zeros((0, cells))


def _write_all(file: int, content: memoryview) -> None:
    while content:
        content = content[os.write(file, content) :]
