"""Rows read from and written to files in parts, without holding all of them in memory."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from quintet.cli import csv_files, output, output_rows
from quintet.errors import InputError

if TYPE_CHECKING:
    from quintet.data.readers.loaded import Loaded
    from quintet.data.schema import Schema


def mapped(
    data: str,
    *,
    split: str | None,
    label: str | None,
    only: str | None,
    except_: str | None,
    limit: int | None,
    query: str | None,
    pages: str | None,
) -> Loaded | None:
    """Memory-map the rows of DATA if it is a plain array file and no rows are selected by label; otherwise None."""
    from quintet.data.databases.address import find_database
    from quintet.data.readers.loaded import Loaded
    from quintet.data.readers.memory_map import map_rows
    from quintet.data.readers.sources import NAMES, locate

    if data in NAMES or find_database(data) or query or label or only or except_ or split not in (None, "train"):
        return None
    if pages is not None:
        return None
    path = locate(data)
    found = map_rows(path) if path.is_file() else None
    return None if found is None else Loaded(found[:limit])


def row_slice(text: str | None) -> slice | None:
    """Parse --rows: a Python slice such as ``100:200``, ``:50`` or ``-9:``, or a single row such as ``7``."""
    if text is None:
        return None
    parts = text.split(":")
    try:
        ends = [int(part) if part.strip() else None for part in parts]
        if len(ends) == 1 and ends[0] is not None:
            return slice(ends[0], ends[0] + 1 or None)
        if len(ends) == 2 or (len(ends) == 3 and (ends[2] or 1) > 0):
            return slice(*ends)
    except ValueError:
        pass
    raise InputError(f"--rows must be the first row and the one after the last, such as 100:200, got {text}.")


def write_stream(place: output.Output, parts: Iterator[Any], schema: Schema) -> int:
    """Write rows and return their number: part by part to .npy, all at once to other formats."""
    if schema.columns:
        from quintet.data.csv_text.csv_table import CsvTable
        from quintet.data.plain.libraries import library_of

        first = next(parts)
        if isinstance(first, CsvTable) and isinstance(place, output.OutputPath) and place.suffix == ".csv":
            return csv_files.write_text(place, chain([first], parts))
        frames = [part.table if isinstance(part, CsvTable) else part for part in chain([first], parts)]
        frame = library_of(frames[0]).concatenated(frames)
        output_rows.write_model_rows(place, frame, schema)
        return len(frame)
    from quintet.data.writers.npy_parts import write_parts

    if isinstance(place, output.OutputPath) and place.suffix == ".npy":
        with place.opened() as file:
            return write_parts(file, parts)
    rows = np.concatenate(list(parts))
    output_rows.write_model_rows(place, rows, schema)
    return len(rows)
