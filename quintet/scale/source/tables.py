"""One file of a source: its columns, the number of its rows, and any stretch of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow
from pyarrow import ipc, parquet

from quintet.data.readers.opening import existing_file
from quintet.errors import FileRefused
from quintet.scale.source.files import format_of, is_url, stamp_of, store_of

BATCH = 4096
"""Rows that are decoded at a time."""


class TableFile(ABC):
    """Rows of one file: ``schema``, without what other programs say of it, and ``rows``, their number."""

    schema: pyarrow.Schema
    rows: int

    @abstractmethod
    def batches(self, start: int, columns: Sequence[str]) -> Iterator[tuple[int, Any]]:
        """Record batches of these columns with the row at which each begins: from one at or before ``start`` on."""

    def read(self, start: int, stop: int, columns: Sequence[str]) -> pyarrow.Table:
        """The rows from ``start`` to ``stop``."""
        found = []
        for at, batch in self.batches(start, columns):
            first, last = max(start - at, 0), min(stop - at, len(batch))
            if first < last:
                found.append(batch.slice(first, last - first))
            if at + len(batch) >= stop:
                break
        return pyarrow.Table.from_batches(found).select(list(columns)).replace_schema_metadata(None)


class ParquetRows(TableFile):
    """Rows of a Parquet file, of which the needed row groups are decoded."""

    def __init__(self, file: Any) -> None:
        self._file = parquet.ParquetFile(file)
        self.schema = self._file.schema_arrow.remove_metadata()
        about = self._file.metadata
        self.rows = about.num_rows
        self._ends = np.cumsum([about.row_group(i).num_rows for i in range(about.num_row_groups)], dtype=np.int64)

    def batches(self, start: int, columns: Sequence[str]) -> Iterator[tuple[int, Any]]:
        """Batches of the row groups from that of ``start`` on."""
        first = int(np.searchsorted(self._ends, start, side="right"))
        at = int(self._ends[first - 1]) if first else 0
        for group in range(first, len(self._ends)):
            for batch in self._file.iter_batches(BATCH, row_groups=[group], columns=list(columns), use_threads=False):
                yield at, batch
                at += len(batch)


class ArrowRows(TableFile):
    """Rows of an Arrow file (IPC, also Feather), mapped into memory where it is on a disk."""

    def __init__(self, file: Any) -> None:
        self._file = ipc.open_file(pyarrow.memory_map(file) if isinstance(file, str) else file)
        self.schema = self._file.schema.remove_metadata()
        counts = [self._file.get_batch(i).num_rows for i in range(self._file.num_record_batches)]
        self._ends = np.cumsum(counts, dtype=np.int64)
        self.rows = int(sum(counts))

    def batches(self, start: int, columns: Sequence[str]) -> Iterator[tuple[int, Any]]:
        """The file's own record batches from that of ``start`` on."""
        for number in range(int(np.searchsorted(self._ends, start, side="right")), len(self._ends)):
            batch = self._file.get_batch(number)
            yield int(self._ends[number]) - len(batch), batch.select(list(columns))


class CsvRows(TableFile):
    """Rows of a .csv file, whose columns are typed as a whole, as everywhere in quintet."""

    def __init__(self, path: str) -> None:
        from quintet.data.readers.tables import read_csv

        self._table = read_csv(Path(path), as_table=True).x
        self.schema, self.rows = self._table.schema, len(self._table)

    def batches(self, start: int, columns: Sequence[str]) -> Iterator[tuple[int, Any]]:
        """Batches of the table from ``start`` on."""
        for batch in self._table.select(list(columns)).slice(start).to_batches(BATCH):
            yield start, batch
            start += len(batch)


def open_table(path: str) -> TableFile:
    """The rows of a file; the last one stays open while it is as it was, since parts of a file follow each other.

    Raises
    ------
    FileRefused
        If it is missing, empty, damaged or of another format, or columns have the same name.
    """
    with _readable(path, str(format_of(path))):
        return _opened(path, stamp_of(path))


@lru_cache(maxsize=1)
def _opened(path: str, stamp: str) -> TableFile:
    kind = format_of(path)
    with _readable(path, str(kind)):
        if is_url(path):
            found = _from_store(path, kind)
        else:
            existing_file(path)
            found = {"parquet": ParquetRows, "arrow": ArrowRows}.get(str(kind), CsvRows)(path)
    twice = next((name for name, count in Counter(found.schema.names).items() if count > 1), None)
    if twice is not None:
        raise FileRefused(f"Columns must have different names, got two named {twice!r} in {path}: rename one.")
    return found


def read_rows(path: str, start: int, stop: int, columns: Sequence[str]) -> pyarrow.Table:
    """Rows of a file from ``start`` to ``stop``; damage within them is refused like that of the whole file."""
    file = open_table(path)
    with _readable(path, str(format_of(path))):
        return file.read(start, stop, columns)


def _from_store(url: str, kind: str | None) -> TableFile:
    system, path = store_of(url)
    if kind == "csv":
        with TemporaryDirectory() as folder:
            local = str(Path(folder, Path(path).name))
            system.get_file(path, local)
            return CsvRows(local)
    return (ParquetRows if kind == "parquet" else ArrowRows)(system.open(path))


@contextmanager
def _readable(path: str, kind: str) -> Iterator[None]:
    """Damage as one sentence that names the file."""
    try:
        yield
    except FileRefused:
        raise
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise FileRefused(
            f"{path} must be a file of the format {kind}, got another or a damaged file: write it again, or leave it "
            "out of the source."
        ) from error
