"""Tables in files, .csv and .parquet -> numbers with NaN for missing cells, and columns of labels."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np

from quintet.data.readers import wide_numbers
from quintet.data.readers.decompression_limits import check_stated
from quintet.data.readers.frames import LABEL_CURE, Array, to_labels, to_numpy
from quintet.data.readers.opening import existing_file, reading
from quintet.errors import FileRefused, InputError, nearest
from quintet.extras import extra

MISSING = frozenset(("", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NULL", "null", "None", "?"))
DELIMITERS = ",;\t|"
CHUNK = 4096  # rows that are turned from text into numbers at once


@dataclass(frozen=True)
class Table:
    """A table of numbers: x (rows, columns) with NaN for missing cells, their names, and labels (rows,), or
    (rows, columns) of several, or None, with the names of their columns."""

    x: Array
    names: list[str]
    y: Array | None
    label_names: list[str] | None = None


def read_csv(path: str | Path, label: str | None = None) -> Table:
    """Read a table of numbers under a line of column names, parted by commas, semicolons, tabs or bars, gzipped or not.

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
            raise FileRefused(f"{path} is not text in UTF-8 ({error.reason}); save it as UTF-8.") from error
        except csv.Error as error:
            raise FileRefused(f"{path} is no table of comma-separated values ({error}); write it again.") from error


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
        raise FileRefused(f"{path} is no .parquet file or a damaged one; write it again.") from error
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
        second.append(more)  # a quoted cell goes on
        quotes += more.count('"')
    delimiter = _delimiter([first, *second])
    header = _header(next(csv.reader([first], delimiter=delimiter), []), path)
    wanted = _wanted(label, header, path)
    at = [header.index(name) for name in wanted]
    kept = [name for name in header if name not in wanted]
    if not kept:
        raise FileRefused(f"{path} has no column besides the labels in {label!r}; at least one is needed.")
    parts: list[Array] = []
    labels: list[list[str]] = [[] for _ in wanted]
    for lines, rows in _chunks(csv.reader(chain(second, file), delimiter=delimiter), header, path):
        columns: list[Any] = list(zip(*rows, strict=True))
        for i, place in enumerate(at):
            labels[i] += columns[place]
        columns = [column for i, column in enumerate(columns) if i not in at]
        parts.append(np.column_stack([_numbers(c, n, lines, path) for c, n in zip(columns, kept, strict=True)]))
    if not parts:
        raise FileRefused(f"{path} has column names but no rows; at least one row is needed.")
    if not wanted:
        return Table(_stack(parts), kept, None)
    y = [tidy(column) for column in labels]
    return Table(_stack(parts), kept, y[0] if len(y) == 1 else np.column_stack(y), wanted)


def _delimiter(lines: list[str]) -> str:
    """The sign that parts the header and the first row into as many cells each, and into most of them."""
    counts = {d: [len(row) for row in csv.reader(lines, delimiter=d)] for d in DELIMITERS}
    agreeing = [d for d in DELIMITERS if counts[d][0:1] == counts[d][1:2]]
    return max(agreeing or DELIMITERS, key=lambda d: max(counts[d], default=0))


def _header(names: list[str], path: Path) -> list[str]:
    if not names:
        raise FileRefused(f"{path} starts with an empty line; a line of column names is needed first.")
    names = [name.strip() for name in names]
    counted = [str(i) for i in range(len(names))], [str(i + 1) for i in range(len(names))]
    if all(_number(name) is not None for name in names) and names not in counted:
        raise FileRefused(f"{path} has no header: its first line holds only numbers; put a line of column names first.")
    if "" in names:
        raise FileRefused(f"{path} has a column without a name, number {names.index('') + 1}; name it.")
    twice = next((name for i, name in enumerate(names) if name in names[:i]), None)
    if twice is not None:
        raise FileRefused(f"{path} has two columns named {twice!r}; give each its own name.")
    return names


def _chunks(reader: Any, header: list[str], path: Path) -> Iterator[tuple[list[int], list[list[str]]]]:
    """Rows in chunks, with the line number of each; blank lines are left out and ragged ones refused."""
    numbered = ((reader.line_num + 1, row) for row in reader if row)
    while chunk := list(islice(numbered, CHUNK)):
        for line, row in chunk:
            if len(row) != len(header):
                raise FileRefused(
                    f"{path}, line {line} has {len(row)} cells but the header {len(header)}; every line needs as many."
                )
        yield [line for line, _ in chunk], [row for _, row in chunk]


def _numbers(cells: Iterable[str], name: str, lines: list[int], path: Path) -> Array:
    """One column's cells as float64, NaN where missing; the first that is text is named."""
    cells = list(cells)
    if "_" not in "".join(cells):  # Python reads 1_000 as a number, tables do not mean it
        try:
            found = np.fromiter(map(float, cells), dtype=np.float64, count=len(cells))
        except ValueError:
            pass  # an empty cell or text
        else:
            if not (np.abs(found) >= wide_numbers.EXACT).any():
                return found
    out = np.empty(len(cells))
    for i, cell in enumerate(cells):
        number = np.nan if cell.strip() in MISSING else _number(cell)
        if number is not None and abs(number) >= wide_numbers.EXACT and _is_whole(cell) and int(cell) != int(number):
            raise FileRefused(
                f"{path}, line {lines[i]}: column {name!r} holds {cell.strip()!r}, which floats of 64 bits cannot hold "
                f"exactly: leave such identifiers out, or name the column as label= (--label)."
            )
        if number is None:
            shown = cell if len(cell) <= 40 else cell[:37] + "..."
            raise FileRefused(
                f"{path}, line {lines[i]}: column {name!r} holds {shown!r}; only numbers and empty cells are allowed: "
                f"drop the column, encode it as numbers, or name it as label= (--label)."
            )
        out[i] = number
    return out


def _is_whole(cell: str) -> bool:
    return cell.strip().lstrip("+-").isdecimal() and len(cell) < 400


def _number(cell: str) -> float | None:
    try:
        return None if "_" in cell else float(cell)
    except ValueError:
        return None


def tidy(labels: list[str]) -> Array:
    """Labels read as text: whole numbers where all are, else numbers, else text; missing ones are refused."""
    stripped = [label.strip() for label in labels]
    missing = next((i for i, label in enumerate(stripped) if label in MISSING - {"None"}), None)
    if missing is not None:
        raise InputError(f"The label of row {missing + 1} is missing; every row needs one: {LABEL_CURE}.")
    numbers = [_number(label) for label in stripped]
    if any(number is None for number in numbers):
        return np.array(stripped)
    values = np.array(numbers, dtype=np.float64)
    if (
        all(_is_whole(label) for label in stripped)
        and (found := wide_numbers.whole_array(_objects(stripped))) is not None
    ):
        return found
    whole = bool((np.abs(values) < wide_numbers.EXACT).all() and (values == np.rint(values)).all())
    return values.astype(np.int64) if whole else values


def _objects(labels: list[str]) -> Array:
    return np.array([int(label) for label in labels], dtype=object)


def _stack(parts: list[Array]) -> Array:
    """The parts one under the other, each let go as soon as it is copied."""
    out = np.empty((sum(map(len, parts)), parts[0].shape[1]))
    end = len(out)
    while parts:
        part = parts.pop()
        out[end - len(part) : end] = part
        end -= len(part)
    return out


def _wanted(label: str | None, names: list[str], path: Path) -> list[str]:
    """The columns of labels that were asked for: one, or several parted by commas."""
    if label is None:
        return []
    found = [label] if label in names else list(dict.fromkeys(part.strip() for part in label.split(",")))
    for name in found:
        if name not in names:
            shown = names if len(names) <= 20 else get_close_matches(name, names, n=3) or [*names[:20], "..."]
            raise InputError(f"{path} has no column {name!r}: {nearest(name, shown)}.")
    return found
