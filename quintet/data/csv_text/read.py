"""The text of a CSV file beside the typed columns that were read from it."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quintet.data.csv_text.arrow import arrow_modules
from quintet.data.csv_text.column_text import ColumnText
from quintet.data.csv_text.csv_table import LINE_ENDS, CsvTable, Writing
from quintet.data.csv_text.fields import records
from quintet.data.csv_text.learn import learn_column
from quintet.data.readers.arrow.encoding import MARKS
from quintet.data.readers.opening import reading
from quintet.errors import FileRefused, QuintetWarning
from quintet.extras import extra

MOST_ODD, FEW_ODD = 0.02, 16
"""Share of fields that may be written unlike the rest of their column, and how many always may."""
PIECE = 65_536


class IrregularError(Exception):
    """Why the text of a file is not kept, as a clause."""


@dataclass(frozen=True)
class _Text:
    """Text of a file: how it is encoded, all before the first row, and the fields of each column and line ends."""

    mark: bytes
    codec: str
    head: str
    columns: list[Any]


def csv_table(path: str | Path, table: Any) -> CsvTable:
    """The text of a .csv file beside its columns; ``to_bytes`` gives the bytes of the file (unzipped).

    Parameters
    ----------
    table : what ``load_data(path, table=True)`` read, a ``pyarrow.Table``.

    Raises
    ------
    IrregularError
        The file is not written regularly, and would not be restored, or not at a low cost.
    """
    path = Path(path)
    with extra("tables", str(path)):
        from quintet.data.readers.arrow.cells import read_cells
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", QuintetWarning)
        cells = read_cells(path)
    with reading(path) as file:
        content = file.read()
    text = _read_text(content, cells.delimiter, len(cells.names), cells.skipped)
    if len(text.columns[0]) != len(table):
        raise IrregularError("its lines are no rows of the table")
    found = _written(text, _all_columns(cells.names, text.columns, table), cells.names, cells.delimiter)
    try:
        same = found.to_bytes() == content
    except FileRefused:
        same = False
    if not same:
        raise IrregularError("its text does not follow from its cells")
    return found


def _read_text(content: bytes, delimiter: str, width: int, skipped: int) -> _Text:
    """Decode and split a file."""
    mark, codec, text = _decoded(content)
    source, head = io.StringIO(text, newline=""), ""
    for _ in range(skipped):
        head += source.readline()
    columns: list[list[str]] = [[] for _ in range(width + 1)]
    pieces: list[list[Any]] = [[] for _ in columns]
    for fields, end in records(text[len(head) :], delimiter):
        if fields == [""] and (end or width > 1):
            if columns[-1]:
                columns[-1][-1] += end
            elif pieces[-1]:
                raise IrregularError("it has blank lines in an unusual place")
            else:
                head += end
            continue
        if len(fields) != width:
            raise IrregularError("its lines have different numbers of fields")
        if len(columns[0]) == PIECE:
            _move(columns, pieces)
        for column, field in zip(columns, [*fields, end], strict=True):
            column.append(field)
    _move(columns, pieces)
    return _Text(mark, codec, head, [_joined(parts) for parts in pieces])


def _decoded(content: bytes) -> tuple[bytes, str, str]:
    """Byte order mark, codec, and text."""
    for mark, name in MARKS:
        if content.startswith(mark):
            codec = name if name == "utf-8" else f"{name}-{'le' if mark[0] == 0xFF else 'be'}"
            return mark, codec, content[len(mark) :].decode(codec)
    for codec in ("utf-8", "cp1252"):
        try:
            return b"", codec, content.decode(codec)
        except UnicodeDecodeError:
            continue
    return b"", "latin-1", content.decode("latin-1")


def _move(columns: list[list[str]], pieces: list[list[Any]]) -> None:
    """Fields to Arrow arrays, which take less memory."""
    pyarrow, _ = arrow_modules()
    for column, parts in zip(columns, pieces, strict=True):
        parts.append(pyarrow.array(column, pyarrow.string()))
        column.clear()


def _joined(parts: list[Any]) -> Any:
    pyarrow, _ = arrow_modules()
    return parts[0] if len(parts) == 1 else pyarrow.concat_arrays(parts)


def _all_columns(names: list[str], fields: list[Any], table: Any) -> list[Any]:
    """The typed column of each of the file's columns; those without a name are whole numbers or text."""
    pyarrow, compute = arrow_modules()
    out = []
    for name, column in zip(names, fields, strict=False):
        if name:
            if name not in table.column_names:
                raise IrregularError(f"column {name!r} is not among the rows")
            out.append(table.column(name))
            continue
        whole = compute.all(compute.match_substring_regex(column, r"^(0|[1-9]\d{0,17})$")).as_py()
        out.append(pyarrow.chunked_array([column.cast(pyarrow.int64()) if whole else column]))
    return out


def _written(text: _Text, columns: list[Any], names: list[str], delimiter: str) -> CsvTable:
    """The table with its writing and the fields that do not follow it."""
    pyarrow, compute = arrow_modules()
    *fields, ends = text.columns
    ways, odd, count = list[ColumnText](), [], 0
    for field, column in zip(fields, columns, strict=True):
        ways.append(learn_column(field, column, delimiter))
        unlike = compute.not_equal(ways[-1].column(column, delimiter), field)
        count += compute.sum(unlike).as_py() or 0
        odd.append(compute.if_else(unlike, field, pyarrow.scalar(None, pyarrow.string())))
    usual = compute.mode(ends.dictionary_encode().indices)[0]["mode"].as_py() if len(ends) else 0
    line_end = ends.dictionary_encode().dictionary[usual].as_py()
    line_end = line_end if line_end in LINE_ENDS else "\n"
    unlike = compute.not_equal(ends, line_end)
    count += compute.sum(unlike).as_py()
    if count > FEW_ODD + MOST_ODD * len(ends) * (len(names) + 1):
        raise IrregularError(f"{count:,} of its fields or line ends are written unlike the others")
    odd.append(compute.if_else(unlike, ends, pyarrow.scalar(None, pyarrow.string())))
    labels = [str(place) for place in range(len(odd))]
    writing = Writing(text.mark, text.codec, text.head, delimiter, line_end, tuple(ways))
    return CsvTable(pyarrow.table(columns, names=names), pyarrow.table(odd, names=labels), writing)
