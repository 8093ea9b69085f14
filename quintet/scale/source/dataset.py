"""The rows of all files of a source, one after the other, by their places in the whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow

from quintet.errors import FileRefused
from quintet.scale.source.files import find_files, size_of
from quintet.scale.source.tables import open_table, read_rows


@dataclass(frozen=True)
class Dataset:
    """The files of a source, the number of rows of each, and the columns and types that they share."""

    files: tuple[str, ...]
    counts: tuple[int, ...]
    schema: pyarrow.Schema

    @classmethod
    def of(cls, source: str | Path) -> Dataset:
        """Look into every file of a source.

        Raises
        ------
        FileRefused
            If there is no row, a file is damaged, or files differ in their columns, or in types that no type holds.
        """
        files = find_files(source)
        counts, shared = [], None
        for path in files:
            found = open_table(path)
            shared = found.schema if shared is None else _unified(shared, found.schema, path, files[0])
            counts.append(found.rows)
        assert shared is not None
        if not sum(counts):
            raise FileRefused(f"The source must hold at least one row, got none in {source}.")
        return cls(tuple(files), tuple(counts), shared)

    @property
    def digest(self) -> str:
        """A hash of the files' paths, sizes and rows, in hexadecimal digits."""
        about = [[path, size_of(path), rows] for path, rows in zip(self.files, self.counts, strict=True)]
        return hashlib.sha256(json.dumps(about).encode()).hexdigest()[:16]

    @property
    def rows(self) -> int:
        """Rows of all files."""
        return sum(self.counts)

    def read(self, start: int, stop: int, columns: Sequence[str]) -> pyarrow.Table:
        """The rows from ``start`` to ``stop`` of the whole, in the types that all files share."""
        ends = np.cumsum(self.counts, dtype=np.int64)
        parts, at = [], int(np.searchsorted(ends, start, side="right"))
        while at < len(ends) and (before := int(ends[at]) - self.counts[at]) < stop:
            first, last = max(start - before, 0), min(stop - before, self.counts[at])
            if first < last:
                parts.append(self._typed(read_rows(self.files[at], first, last, columns), self.files[at]))
            at += 1
        return pyarrow.concat_tables(parts).combine_chunks()

    def sample(self, places: npt.NDArray[np.int64], columns: Sequence[str]) -> pyarrow.Table:
        """The rows of these places."""
        return pyarrow.concat_tables([self.read(place, place + 1, columns) for place in places.tolist()])

    def _typed(self, table: pyarrow.Table, path: str) -> pyarrow.Table:
        wanted = pyarrow.schema([self.schema.field(name) for name in table.column_names])
        try:
            return table.cast(wanted)
        except (pyarrow.ArrowInvalid, pyarrow.ArrowNotImplementedError) as error:
            raise FileRefused(f"{path} holds values that do not fit the types of the other files ({error}).") from error


def _unified(one: pyarrow.Schema, two: pyarrow.Schema, path: str, first: str) -> pyarrow.Schema:
    """The schema of two files of the same columns, in types that hold both."""
    if set(one.names) != set(two.names):
        odd = next(iter(sorted(set(one.names) ^ set(two.names))))
        has, lacks = (path, first) if odd in set(two.names) else (first, path)
        raise FileRefused(
            f"The files of a source must have the same columns, got {odd!r} in {has} and not in {lacks}: answer them "
            "apart, or add the column."
        )
    if one.equals(two):
        return one
    try:
        return pyarrow.unify_schemas([one, two], promote_options="permissive")
    except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError):
        name = next(name for name in one.names if not _fit(one.field(name), two.field(name)))
        raise FileRefused(
            f"The files of a source must have the same types, got column {name!r} of {two.field(name).type} in {path} "
            f"and of {one.field(name).type} before: convert one of them."
        ) from None


def _fit(one: pyarrow.Field, two: pyarrow.Field) -> bool:
    try:
        pyarrow.unify_schemas([pyarrow.schema([one]), pyarrow.schema([two])], promote_options="permissive")
    except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError):
        return False
    return True
