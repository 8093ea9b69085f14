"""A table that is read chunk by chunk, and whose cells lie in a temporary file."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quintet.arguments import TableSource
from quintet.data.columns.any_column import AnyColumn
from quintet.data.columns.base import Array
from quintet.data.columns.declared import Declared
from quintet.data.columns.frames import read_frame
from quintet.data.columns.table import encode_frame
from quintet.data.constraints.any_constraint import AnyConstraint
from quintet.data.constraints.learn import learn_constraints, unrounded
from quintet.data.databases.address import find_database
from quintet.data.frame_columns import FrameColumns
from quintet.data.large.arrow_chunks import ArrowChunks, of_dataset, of_files
from quintet.data.large.cells_file import write_cells
from quintet.data.large.column_stream import TableStream
from quintet.data.large.query_chunks import of_query
from quintet.data.large.table_files import find_files, is_database
from quintet.data.readers.frames import to_labels
from quintet.entry_points import public
from quintet.errors import FileRefused, InputError

IN_MEMORY = 2**28
"""Bytes of cells up to which a table is read whole."""


@dataclass(frozen=True)
class StoredTable:
    """Rows on disk that ``VAE.fit`` takes: their columns are learnt by one pass, and encoded by another."""

    chunks: ArrowChunks

    def __len__(self) -> int:
        stated = self.chunks.stated
        return sum(chunk.num_rows for chunk in self.chunks.chunks()) if stated is None else stated

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return list(self.chunks.names)

    @property
    def is_small(self) -> bool:
        """Whether the cells of all rows fit in ``IN_MEMORY`` bytes."""
        return self.chunks.stated is not None and 8 * self.chunks.stated * len(self.names) <= IN_MEMORY

    def in_memory(self) -> Any:
        """All rows as a ``pyarrow.Table``."""
        import pyarrow

        parts = list(self.chunks.chunks())
        if not parts:
            raise FileRefused(f"{self.chunks.shown} must hold at least one row, got none.")
        return pyarrow.concat_tables(parts)

    def without(self, names: Sequence[str]) -> StoredTable:
        """The table without some columns."""
        return StoredTable(self.chunks.without(names))

    def select(self, names: Sequence[str]) -> StoredTable:
        """The table of some columns."""
        return StoredTable(self.chunks.select(names))

    def __getitem__(self, name: str) -> Array:
        return self.values_of([name])

    def take(self, index: Any) -> StoredTable:
        """Refused: rows that are not in memory are all used."""
        raise InputError(
            f"Some rows cannot be chosen from {self.chunks.shown}, which is too large for the memory: keep held-out "
            "rows in files of their own."
        )

    def values_of(self, names: Sequence[str]) -> Array:
        """Labels or weights: some columns in memory, (n,) or (n, columns)."""
        import pyarrow

        found = pyarrow.concat_tables(list(self.chunks.select(names).chunks(list(names))))
        y = to_labels(found)[0]
        return y[:, 0] if len(names) == 1 else y

    def learnt(
        self,
        declared: Mapping[str, Declared] | None = None,
        constraints: Sequence[AnyConstraint] | None = None,
    ) -> tuple[Array, FrameColumns]:
        """The cells, (n, modelled columns) of float64 in a mapped file, and the columns; as ``learn_table``.

        Raises
        ------
        FileRefused
            If the files change between the passes, or the disk has no room for the cells.
        """
        stream = TableStream(dict(zip(self.chunks.names, self.chunks.types, strict=True)), declared or {})
        signs, rows = self.chunks.signs(), 0
        for chunk in self.chunks.chunks():
            stream.update(read_frame(chunk))
            rows += chunk.num_rows
        if not rows:
            raise FileRefused(f"{self.chunks.shown} must hold at least one row, got none.")
        columns = stream.columns()
        cells = self.encoded(columns)
        if len(cells) != rows or self.chunks.signs() != signs:
            raise FileRefused(
                f"{self.chunks.shown} changed while it was read ({rows} rows, then {len(cells)}): fit again when it is "
                "no longer written to."
            )
        laws = learn_constraints(columns, cells, constraints)
        return cells, FrameColumns(unrounded(columns, laws), "pyarrow", laws)

    def encoded(self, columns: Sequence[AnyColumn]) -> Array:
        """The cells of known columns, (n, modelled columns) of float64 in a mapped file."""
        own = [column for column in columns if column.modelled]
        names = [column.name for column in own if column.name in self.chunks.names]
        parts = (encode_frame(own, read_frame(chunk)) for chunk in self.chunks.chunks(names or None))
        return write_cells(parts, len(own), self.chunks.stated)


@public
def open_rows(source: TableSource, *, query: str | None = None) -> StoredTable:
    """Open a table that need not fit in memory, for ``VAE.fit``.

    Parameters
    ----------
    source : a .parquet, .arrow or .feather file, a folder of them, a glob pattern, a URL of fsspec (``s3://``,
        ``gs://``, ``memory://``, ``file://``), a list of paths, or a ``pyarrow.dataset.Dataset``; or a database
        as of ``load_data``.
    query : of a database, a SELECT statement or the name of a table. It is asked once a pass: an ORDER BY keeps the
        order, without which an interrupted fit may find other rows at its places, and then refuses to resume.

    Returns
    -------
    StoredTable
        Nothing but the files' own descriptions is read yet.
    """
    if isinstance(source, StoredTable):
        return source
    one = isinstance(source, str | os.PathLike)
    place = source if isinstance(source, str) or not one else Path(source)
    database = find_database(place) if one and is_database(place) else None
    if database is not None:
        return StoredTable(of_query(database, query))
    if query is not None:
        raise InputError("query= needs a database, got other rows: leave it out, or open them as duckdb://.")
    if isinstance(source, str | os.PathLike | list | tuple):
        return StoredTable(of_files(find_files(source)))
    return StoredTable(of_dataset(source, "the dataset"))
