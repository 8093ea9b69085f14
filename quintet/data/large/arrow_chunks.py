"""Tables on disk as chunks of rows: one schema, one order, chunks of one size."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from quintet.data.large.table_files import TableFiles
from quintet.errors import FileRefused, InputError, nearest
from quintet.extras import extra

CELLS, MOST_ROWS = 2**21, 2**16
"""Cells, and rows, of a chunk at most."""
MOST_COLUMNS = 2**16
"""Most columns of a table."""
SHOWN = 5


@dataclass(frozen=True)
class ArrowChunks:
    """Rows of a ``pyarrow.dataset`` or of a query.

    ``names`` and ``types`` are those of its columns; ``batches`` reads some of them as record batches, in one order
    each time; ``signs`` tells whether the source has changed between two passes.
    """

    shown: str
    names: tuple[str, ...]
    types: tuple[Any, ...]
    batches: Callable[[Sequence[str]], Iterator[Any]] = field(repr=False)
    signs: Callable[[], Any] = field(repr=False, default=lambda: None)
    stated: int | None = None  # number of rows as the files state it; None: not known before they are read

    @property
    def chunk_rows(self) -> int:
        """Rows of a chunk."""
        return max(1, min(MOST_ROWS, CELLS // max(1, len(self.names))))

    def chunks(self, names: Sequence[str] | None = None) -> Iterator[Any]:
        """All rows as ``pyarrow.Table`` of ``chunk_rows`` rows each, the last one of fewer."""
        import pyarrow

        kept = list(self.names if names is None else names)
        pending: list[Any] = []
        held = 0
        try:
            for batch in self.batches(kept):
                pending.append(batch)
                held += batch.num_rows
                while held >= self.chunk_rows:
                    whole = pyarrow.Table.from_batches(pending)
                    yield whole.slice(0, self.chunk_rows)
                    rest = whole.slice(self.chunk_rows)
                    pending, held = rest.to_batches(), rest.num_rows
        except (pyarrow.ArrowException, OSError) as error:
            raise FileRefused(f"{self.shown} cannot be read to its end: {str(error).splitlines()[0]}.") from error
        if held:
            yield pyarrow.Table.from_batches(pending)

    def select(self, names: Sequence[str]) -> ArrowChunks:
        """Some of the columns."""
        return self.without([name for name in self.names if name not in names])

    def without(self, names: Sequence[str]) -> ArrowChunks:
        """All columns but some."""
        for name in names:
            if name not in self.names:
                shown = self.names if len(self.names) <= 20 else self.names[:20]
                raise InputError(f"{self.shown} has no column {name!r}: {nearest(name, shown)}.")
        kept = [i for i, name in enumerate(self.names) if name not in names]
        if not kept:
            raise FileRefused(f"{self.shown} must have at least one column besides {', '.join(names)}, got none.")
        names, types = tuple(self.names[i] for i in kept), tuple(self.types[i] for i in kept)
        return replace(self, names=names, types=types)


def of_files(files: TableFiles) -> ArrowChunks:
    """The rows of files, which must all have the columns of the first one."""
    with extra("scale", files.shown):
        import pyarrow
        from pyarrow import dataset as arrow_dataset
        from pyarrow import fs
    system = fs.PyFileSystem(fs.FSSpecHandler(files.system))
    try:
        found = arrow_dataset.dataset(
            list(files.paths),
            format=files.format,
            filesystem=system,
            partitioning="hive" if files.base else None,
            partition_base_dir=files.base,
        )
        _refuse_other_columns(found, files)
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        _refuse_repeated_names(files)
        kind = "Parquet" if files.format == "parquet" else "Arrow"
        raise FileRefused(
            f"{files.shown} must hold files of {kind}, got another or damaged file: {str(error).splitlines()[0]}."
        ) from error
    return of_dataset(found, files.shown, files.signs)


def _refuse_repeated_names(files: TableFiles) -> None:
    """Refuse two columns of one name in a file; one that cannot be read is not looked at."""
    import pyarrow
    from pyarrow import ipc, parquet

    from quintet.data.readers.arrow.header import named_once

    for path in files.paths:
        with files.system.open(path) as file:
            try:
                names = (parquet.read_schema(file) if files.format == "parquet" else ipc.open_file(file).schema).names
            except (pyarrow.ArrowException, OSError):
                continue
        named_once(names, path)


def of_dataset(found: Any, shown: str, signs: Callable[[], Any] = lambda: None) -> ArrowChunks:
    """The rows of a ``pyarrow.dataset.Dataset``, in the order of its fragments."""
    schema = found.schema
    kept = [name for name in schema.names if not re.fullmatch(r"__index_level_\d+__", name)]
    if len(kept) > MOST_COLUMNS:
        raise FileRefused(
            f"{shown} must have at most {MOST_COLUMNS:,} columns, got {len(kept):,}: choose some, or make one of many "
            "by a query."
        )
    if len(set(kept)) < len(kept):
        raise FileRefused(f"{shown} must have columns of different names, got some twice: rename one.")

    def batches(names: Sequence[str]) -> Iterator[Any]:
        rows = max(1, min(MOST_ROWS, CELLS // max(1, len(kept))))
        for batch in found.scanner(
            columns=list(names), batch_size=rows, batch_readahead=2, fragment_readahead=1, use_threads=False
        ).to_batches():
            if batch.num_rows:
                yield batch

    return ArrowChunks(
        shown, tuple(kept), tuple(schema.field(name).type for name in kept), batches, signs, found.count_rows()
    )


def _refuse_other_columns(found: Any, files: TableFiles) -> None:
    """Refuse files of which one lacks a column of the first, has one more, or one of another type."""
    first: Any = None
    for fragment in found.get_fragments():
        own = {field.name: field.type for field in fragment.physical_schema}
        name = Path(fragment.path).name
        if first is None:
            first, first_name = own, name
            continue
        lacking, more = [c for c in first if c not in own], [c for c in own if c not in first]
        other = [c for c in first if c in own and first[c] != own[c]]
        if lacking or more:
            said = f"{name} lacks {_listed(lacking)} of {first_name}" if lacking else f"{name} also has {_listed(more)}"
            raise FileRefused(
                f"All files of {files.shown} must have the same columns, but {said}: write them alike, or name the "
                "files to read."
            )
        if other:
            column = other[0]
            raise FileRefused(
                f"All files of {files.shown} must have columns of the same types, but {column!r} is {own[column]} in "
                f"{name} and {first[column]} in {first_name}: cast it."
            )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(map(repr, names[:SHOWN]))
    return shown + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
