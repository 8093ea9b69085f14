"""Cells of a delimited text file: its header, its delimiter, and its columns as text."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow
from pyarrow import csv as arrow_csv

from quintet.data.readers.arrow.encoding import as_utf8, warn_of_guess
from quintet.data.readers.arrow.header import checked_names
from quintet.data.readers.opening import reading
from quintet.errors import FileRefused

DELIMITERS = ",;\t|"
BLOCK = 1 << 25
"""Bytes that are parsed at a time, and the longest row."""
SAMPLE = 20
"""Rows from which the delimiter is found, but for those with a cell that Python's reader refuses."""


@dataclass(frozen=True)
class TextCells:
    """Cells as text.

    ``names`` are the columns of the header, "" for a column without a name; ``columns`` their cells, each a chunked
    array of strings (rows,); ``skipped`` is the number of lines up to the end of the header.
    """

    path: Path
    names: list[str]
    columns: list[Any]
    delimiter: str
    skipped: int

    def line(self, row: int) -> int:
        """The line of the file, from 1, in which a row starts; reads the file again."""
        for i, (line, _) in enumerate(_records(_read_text(self.path)[0], self.delimiter, self.skipped)):
            if i == row:
                return line
        return self.skipped + 1 + row


def _read_text(path: Path) -> tuple[bytes, str | None]:
    """The text of a file in UTF-8, and a letter of it if its encoding had to be guessed."""
    with reading(path) as file:
        return as_utf8(file.read(), path)


def read_cells(path: Path) -> TextCells:
    """Split the text of a file into cells; a first line such as ``sep=;`` names the delimiter."""
    content, guessed = _read_text(path)
    if guessed:
        warn_of_guess(guessed, path)
    text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", newline="")
    head, skipped = _record(text)
    stated = re.fullmatch(r'"?sep=([^"\w])"?\s*', head, re.IGNORECASE)
    if stated:
        head, lines = _record(text)
        skipped += lines
    records = [record for record in (_record(text)[0] for _ in range(SAMPLE)) if record.strip("\r\n")]
    sample = [record for record in records if len(record) < csv.field_size_limit()]
    try:
        delimiter = stated[1] if stated else _delimiter(head, sample)
        names = [name.strip() for name in _row(head, delimiter)]
        width = _width(names, _row("".join(sample[:1]), delimiter))
    except csv.Error as error:
        raise unreadable(path, error) from error
    checked_names(names, path)
    names += [""] * (width - len(names))
    if not records and not text.read().strip("\r\n"):
        raise FileRefused(f"{path} must have at least one row, got column names alone.")
    table = _split(content, skipped, delimiter, width, path)
    last = [column[-1].as_py() for column in table.columns]
    if "\n" in last[-1] and not content.rstrip().endswith(b'"'):
        line = content.count(b"\n") + 1 - sum(cell.count("\n") for cell in last)
        raise FileRefused(f"{path}, line {line} opens a quoted cell that never ends: add the closing quotation mark.")
    return TextCells(path, names, table.columns, delimiter, skipped)


def unreadable(path: Path, error: Exception) -> FileRefused:
    """The error for text that is not a table."""
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return FileRefused(f"Cannot read {path} as a table of comma-separated values ({reason}): write it again.")


def _record(text: io.TextIOWrapper) -> tuple[str, int]:
    """The next line with those on which a quoted cell of it continues, and the number of lines."""
    lines = [text.readline()]
    quotes = lines[0].count('"')
    while quotes % 2 and (more := text.readline()):
        lines.append(more)
        quotes += more.count('"')
    return "".join(lines), len(lines)


def _row(record: str, delimiter: str) -> list[str]:
    return next(csv.reader(io.StringIO(record, newline=""), delimiter=delimiter), [])


def _delimiter(head: str, sample: list[str]) -> str:
    """The delimiter that splits the header into most cells, and preferably the first row into as many."""

    def fit(delimiter: str) -> tuple[bool, int, bool]:
        names, rows = _row(head, delimiter), [_row(record, delimiter) for record in sample]
        agree = not rows or _width(names, rows[0]) == len(rows[0])
        splits = agree or any(len(row) > 1 for row in rows)
        return agree and len(names) > 1, len(names) if splits else 0, agree

    return max(DELIMITERS, key=fit)


def _width(names: list[str], row: list[str]) -> int:
    """The number of cells of a row: as many as names, and empty cells of separators at the end."""
    return len(row) if not any(cell.strip() for cell in row[len(names) :]) and len(row) > len(names) else len(names)


def _split(content: bytes, skipped: int, delimiter: str, width: int, path: Path) -> Any:
    """The table of text, its columns named by their positions."""
    ragged: list[Any] = []

    def keep(row: Any) -> str:
        ragged.append(row)
        return "error"

    names = [str(i) for i in range(width)]
    try:
        return arrow_csv.read_csv(
            pyarrow.BufferReader(content),
            read_options=arrow_csv.ReadOptions(
                use_threads=False, block_size=BLOCK, skip_rows=skipped, column_names=names
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, invalid_row_handler=keep
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pyarrow.string()), strings_can_be_null=False
            ),
        )
    except pyarrow.ArrowException as error:
        if ragged:
            raise _ragged(content, skipped, delimiter, width, ragged[0], path) from error
        raise unreadable(path, error) from error


def _ragged(content: bytes, skipped: int, delimiter: str, width: int, row: Any, path: Path) -> FileRefused:
    found = ((line, len(cells)) for line, cells in _records(content, delimiter, skipped) if len(cells) != width)
    line, count = next(found, (skipped + row.number, row.actual_columns))
    return FileRefused(
        f"{path}, line {line} must have {width} cells, the number of columns in the header, got {count} cells."
    )


def _records(content: bytes, delimiter: str, skipped: int) -> Iterator[tuple[int, list[str]]]:
    """Rows with the lines on which they start, read again to word an error; ends early where Python's reader fails."""
    text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", newline="")
    for _ in range(skipped):
        text.readline()
    reader = csv.reader(text, delimiter=delimiter)
    line = skipped + 1
    try:
        for cells in reader:
            if cells:
                yield line, cells
            line = skipped + reader.line_num + 1
    except csv.Error:
        return
