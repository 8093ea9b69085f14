"""A table with the text of the CSV file that it was read from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from quintet.data.csv_text.arrow import arrow_modules
from quintet.data.csv_text.column_text import ColumnText
from quintet.errors import FileRefused, QuintetError

Json = Any
CODECS = ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "cp1252", "latin-1")
LINE_ENDS = ("\n", "\r\n", "\r")
CHUNK = 1 << 18
"""Cells that are written at a time."""


@dataclass(frozen=True)
class Writing:
    """How a CSV file is written.

    Parameters
    ----------
    mark, codec : byte order mark, and encoding.
    head : all text before the first row.
    delimiter, line_end : between fields, and after rows.
    columns : how each column is written.
    """

    mark: bytes
    codec: str
    head: str
    delimiter: str
    line_end: str
    columns: tuple[ColumnText, ...]

    def __post_init__(self) -> None:
        texts = isinstance(self.head, str) and isinstance(self.delimiter, str) and len(self.delimiter) == 1
        if self.codec not in CODECS or self.line_end not in LINE_ENDS or not texts:
            raise ValueError("no CSV file is written like that")

    def to_json(self) -> Json:
        """The fields."""
        columns = [column.to_json() for column in self.columns]
        return [self.mark.hex(), self.codec, self.head, self.delimiter, self.line_end, columns]

    @classmethod
    def from_json(cls, fields: Json) -> Writing:
        """The inverse of ``to_json``."""
        mark, codec, head, delimiter, line_end, columns = fields
        ways = tuple(map(ColumnText.from_json, columns))
        return cls(bytes.fromhex(mark), codec, head, delimiter, line_end, ways)

    def first_bytes(self) -> bytes:
        """The bytes before the first row."""
        return self.mark + self.encoded(self.head)

    def encoded(self, text: str) -> bytes:
        """The bytes of some text."""
        try:
            return text.encode(self.codec)
        except UnicodeEncodeError as error:
            raise _unwritable(error) from error


@dataclass(frozen=True)
class CsvTable:
    """A table and how its file is written.

    Parameters
    ----------
    every : ``pyarrow.Table`` with each column of the file, also those without a name (named "").
    odd : ``pyarrow.Table`` of the fields that are not written as the rest of their column, null elsewhere; the last
        column is for line ends, with blank lines after the row.
    writing : how the file is written.
    """

    every: Any
    odd: Any
    writing: Writing

    def __len__(self) -> int:
        return int(self.every.num_rows)

    @property
    def columns(self) -> list[str]:
        """The names of the columns that have one."""
        return [name for name in self.every.column_names if name]

    @property
    def table(self) -> Any:
        """The columns that have a name, as a ``pyarrow.Table``."""
        return self.every.select([place for place, name in enumerate(self.every.column_names) if name])

    def pieces(self) -> Iterator[bytes]:
        """The bytes of the rows, some rows at a time.

        Raises
        ------
        FileRefused
            The table is of a forged compressed file: its values cannot be written as it says.
        """
        rows = max(1, CHUNK // max(1, len(self.writing.columns)))
        for start in range(0, len(self), rows):
            try:
                yield self.slice(start, rows)._lines()
            except (QuintetError, MemoryError):
                raise
            except Exception as error:
                raise _unwritable(error) from error

    def line_bytes(self) -> bytes:
        """The bytes of the rows."""
        return b"".join(self.pieces())

    def to_bytes(self) -> bytes:
        """The bytes of the file."""
        return self.writing.first_bytes() + self.line_bytes()

    def slice(self, start: int, count: int) -> CsvTable:
        """Some rows."""
        return CsvTable(self.every.slice(start, count), self.odd.slice(start, count), self.writing)

    def _lines(self) -> bytes:
        _, compute = arrow_modules()
        pairs = zip(self.every.columns, self.writing.columns, strict=True)
        fields = [way.column(column, self.writing.delimiter) for column, way in pairs]
        *odd, ends = [_whole(column) for column in self.odd.columns]
        fields = [compute.coalesce(own, field) for own, field in zip(odd, fields, strict=True)]
        lines = compute.binary_join_element_wise(*fields, self.writing.delimiter)
        lines = compute.binary_join_element_wise(lines, ends.fill_null(self.writing.line_end), "")
        return self.writing.encoded("".join(lines.to_pylist()))


def following(table: CsvTable, before: bytes) -> Iterator[bytes]:
    """The bytes of the rows behind others, which end in ``before``: a line end first, where those lack it."""
    codec = table.writing.codec
    if before and len(table) and not before.endswith(tuple(end.encode(codec) for end in LINE_ENDS)):
        yield table.writing.line_end.encode(codec)
    yield from table.pieces()


def _unwritable(error: Exception) -> FileRefused:
    return FileRefused(
        f"The compressed file describes the text of a CSV file that its values cannot have ({type(error).__name__}): "
        "fetch it again."
    )


def _whole(column: Any) -> Any:
    """One array of a chunked one."""
    whole = column.combine_chunks()
    return whole if not hasattr(whole, "chunk") else whole.chunk(0) if whole.num_chunks else whole
