"""Reader of tables in .csv and .parquet files: numbers, column names and labels."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np

from quintet.data.readers import wide_numbers
from quintet.data.readers.decompression_limits import check_stated
from quintet.data.readers.frames import Array, to_labels, to_numpy
from quintet.data.readers.label_types import LABEL_CURE
from quintet.data.readers.opening import existing_file, reading
from quintet.data.readers.text_cells import MISSING, column_of_numbers, is_whole, number_or_none
from quintet.errors import FileRefused, InputError, nearest
from quintet.extras import extra

DELIMITERS = ",;\t|"
CHUNK = 4096  # rows that are parsed at a time


@dataclass(frozen=True)
class Table:
    """A table: numbers x (rows, columns) with NaN for missing cells, column names, and labels y, (rows,) or
    (rows, columns) or None, with their column names."""

    x: Array
    names: list[str]
    y: Array | None
    label_names: list[str] | None = None


def read_csv(path: str | Path, label: str | None = None) -> Table:
    """Read a table with a header, delimited by commas, semicolons, tabs or bars, gzipped or not.

    Parameters
    ----------
    path : the file, in UTF-8.
    label : the column of labels, which may hold text; several as "a,b".
    """
    with reading(path) as file:
        try:
            with io.TextIOWrapper(file, encoding="utf-8-sig", newline="") as text:
                return _read_csv(text, Path(path), label)
        except UnicodeDecodeError as error:
            raise FileRefused(f"{path} must be text in UTF-8 ({error.reason}): save it as UTF-8.") from error
        except csv.Error as error:
            raise FileRefused(
                f"Cannot read {path} as a table of comma-separated values ({error}): write it again."
            ) from error


def read_parquet(path: str | Path, label: str | None = None) -> Table:
    """Read a table of numbers; ``label`` names the column of labels, which may hold text, or several as "a,b"."""
    path = existing_file(path)
    with extra("parquet", str(path)):
        import pyarrow
        from pyarrow import parquet
    try:
        file = parquet.ParquetFile(path)
        check_stated(path, path.stat().st_size, 8 * file.metadata.num_rows * file.metadata.num_columns)
        table = file.read()
    except FileRefused:
        raise
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise FileRefused(f"{path} must be a .parquet file, got another or damaged file: write it again.") from error
    y, wanted = None, _wanted(label, table.column_names, path)
    if wanted:
        y, _ = to_labels(table.select(wanted))
        table = table.drop_columns(wanted)
    x, names = to_numpy(table)
    return Table(x, names or [], y[:, 0] if y is not None and len(wanted) == 1 else y, wanted or None)


def _read_csv(file: io.TextIOWrapper, path: Path, label: str | None) -> Table:
    first, second = file.readline(), [file.readline()]
    quotes = second[0].count('"')
    while quotes % 2 and (more := file.readline()):
        second.append(more)  # a quoted cell continues on the next line
        quotes += more.count('"')
    delimiter = _delimiter([first, *second])
    header = _header(next(csv.reader([first], delimiter=delimiter), []), path)
    wanted = _wanted(label, header, path)
    at = [header.index(name) for name in wanted]
    kept = [name for name in header if name not in wanted]
    if not kept:
        raise FileRefused(f"{path} must have at least one column besides the labels {label!r}, got none.")
    parts: list[Array] = []
    labels: list[list[str]] = [[] for _ in wanted]
    for lines, rows in _chunks(csv.reader(chain(second, file), delimiter=delimiter), header, path):
        columns: list[Any] = list(zip(*rows, strict=True))
        for i, place in enumerate(at):
            labels[i] += columns[place]
        columns = [column for i, column in enumerate(columns) if i not in at]
        parts.append(
            np.column_stack([column_of_numbers(c, n, lines, path) for c, n in zip(columns, kept, strict=True)])
        )
    if not parts:
        raise FileRefused(f"{path} must have at least one row, got column names alone.")
    if not wanted:
        return Table(_stack(parts), kept, None)
    y = [tidy(column) for column in labels]
    return Table(_stack(parts), kept, y[0] if len(y) == 1 else np.column_stack(y), wanted)


def _delimiter(lines: list[str]) -> str:
    """The delimiter that splits the header and the first row into equally many cells, and into most cells."""
    counts = {d: [len(row) for row in csv.reader(lines, delimiter=d)] for d in DELIMITERS}
    agreeing = [d for d in DELIMITERS if counts[d][0:1] == counts[d][1:2]]
    return max(agreeing or DELIMITERS, key=lambda d: max(counts[d], default=0))


def _header(names: list[str], path: Path) -> list[str]:
    if not names:
        raise FileRefused(f"{path} must start with a line of column names, got an empty line.")
    names = [name.strip() for name in names]
    counted = [str(i) for i in range(len(names))], [str(i + 1) for i in range(len(names))]
    if all(number_or_none(name) is not None for name in names) and names not in counted:
        raise FileRefused(
            f"{path} must start with a header, got a first line of numbers: put a line of column names first."
        )
    if "" in names:
        raise FileRefused(f"Columns must have names, got none for column {names.index('') + 1} of {path}: name it.")
    twice = next((name for i, name in enumerate(names) if name in names[:i]), None)
    if twice is not None:
        raise FileRefused(f"Columns must have different names, got two named {twice!r} in {path}: rename one.")
    return names


def _chunks(reader: Any, header: list[str], path: Path) -> Iterator[tuple[list[int], list[list[str]]]]:
    """Yield rows in chunks with their line numbers; skip blank lines and raise FileRefused for ragged ones."""
    numbered = ((reader.line_num + 1, row) for row in reader if row)
    while chunk := list(islice(numbered, CHUNK)):
        for line, row in chunk:
            if len(row) != len(header):
                raise FileRefused(
                    f"{path}, line {line} must have {len(header)} cells, the number of columns in the header, got "
                    f"{len(row)} cells."
                )
        yield [line for line, _ in chunk], [row for _, row in chunk]


def tidy(labels: list[str]) -> Array:
    """Convert labels read as text to whole numbers if all are, else to numbers, else to text; none may be missing."""
    stripped = [label.strip() for label in labels]
    missing = next((i for i, label in enumerate(stripped) if label in MISSING - {"None"}), None)
    if missing is not None:
        raise InputError(f"Every row must have a label, got none for row {missing + 1}: {LABEL_CURE}.")
    numbers = [number_or_none(label) for label in stripped]
    if any(number is None for number in numbers):
        return np.array(stripped)
    values = np.array(numbers, dtype=np.float64)
    if (
        all(is_whole(label) for label in stripped)
        and (found := wide_numbers.whole_array(_objects(stripped))) is not None
    ):
        return found
    whole = bool((np.abs(values) < wide_numbers.EXACT).all() and (values == np.rint(values)).all())
    return values.astype(np.int64) if whole else values


def _objects(labels: list[str]) -> Array:
    return np.array([int(label) for label in labels], dtype=object)


def _stack(parts: list[Array]) -> Array:
    """Stack the parts, releasing each after it is copied."""
    out = np.empty((sum(map(len, parts)), parts[0].shape[1]))
    end = len(out)
    while parts:
        part = parts.pop()
        out[end - len(part) : end] = part
        end -= len(part)
    return out


def _wanted(label: str | None, names: list[str], path: Path) -> list[str]:
    """The requested label columns: one, or several separated by commas."""
    if label is None:
        return []
    found = [label] if label in names else list(dict.fromkeys(part.strip() for part in label.split(",")))
    for name in found:
        if name not in names:
            shown = names if len(names) <= 20 else get_close_matches(name, names, n=3) or [*names[:20], "..."]
            raise InputError(f"{path} has no column {name!r}: {nearest(name, shown)}.")
    return found
