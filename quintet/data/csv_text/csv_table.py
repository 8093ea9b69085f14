"""A table with the text of the CSV file that it was read from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from quintet.data.csv_text.arrow import arrow_modules
from quintet.data.csv_text.column_text import ColumnText

Json = Any
CODECS = ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "cp1252", "latin-1")
LINE_ENDS = ("\n", "\r\n", "\r")
CHUNK = 65_536
"""Rows that are written at a time."""


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
        if self.codec not in CODECS or self.line_end not in LINE_ENDS or len(self.delimiter) != 1:
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
        return self.mark + self.head.encode(self.codec)


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

    def line_bytes(self) -> bytes:
        """The bytes of the rows."""
        parts = (self.slice(start, CHUNK)._lines() for start in range(0, len(self), CHUNK))
        return b"".join(parts)

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
        return "".join(lines.to_pylist()).encode(self.writing.codec)


def following(table: CsvTable, before: bytes) -> bytes:
    """The bytes of the rows behind others, which end in ``before``: a line end first, where those lack it."""
    lines, codec = table.line_bytes(), table.writing.codec
    open_line = before and lines and not before.endswith(tuple(end.encode(codec) for end in LINE_ENDS))
    return table.writing.line_end.encode(codec) + lines if open_line else lines


def _whole(column: Any) -> Any:
    """One array of a chunked one."""
    whole = column.combine_chunks()
    return whole if not hasattr(whole, "chunk") else whole.chunk(0) if whole.num_chunks else whole
