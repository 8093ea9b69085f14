"""Writer of frames to .csv and .parquet files."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Collection, Mapping
from typing import IO, Any

import numpy as np

from quintet.data.columns.span_text import write
from quintet.data.readers.frames import Array
from quintet.errors import InputError
from quintet.extras import extra

FORMATS = ".csv, .csv.gz or .parquet"
CHUNK = 4096  # rows that are formatted at a time


def write_frame(file: IO[bytes], name: str, frame: Any, more: Mapping[str, Array] | None = None) -> None:
    """Write a frame of any library to an open file in the format of the suffix of ``name``.

    Parameters
    ----------
    more : names and values, (n,) each, of further columns after those of the frame.
    """
    ending = name.lower()
    table = arrow_frame(frame, name, more)
    if ending.endswith(".parquet"):
        with extra("tables", name):
            from pyarrow import parquet

        parquet.write_table(table, file)
    elif ending.endswith((".csv", ".csv.gz")):
        _write_csv(file, table, zipped=ending.endswith(".gz"))
    else:
        raise InputError(f"The name of a table's file must end in {FORMATS}, got {name}: change it.")


def arrow_frame(frame: Any, name: str, more: Mapping[str, Array] | None = None) -> Any:
    """A frame of any library as an Arrow table, with further columns, (n,) each, after its own."""
    table = frame if _is_arrow(frame) else _arrow(frame, name)
    for label, values in (more or {}).items():
        table = table.append_column(label, [values.tolist()])
    return table


def with_integers(frame: Any, names: Collection[str]) -> Any:
    """A frame of any library whose columns of these names have integers where they hold whole numbers as floats."""
    table = arrow_frame(frame, "A table of columns")
    with extra("tables", "A table of columns"):
        import pyarrow

    for place, field in enumerate(table.schema):
        if field.name in names and pyarrow.types.is_floating(field.type):
            cells = [
                pyarrow.array(part.to_numpy(zero_copy_only=False), from_pandas=True)
                for part in table.column(place).chunks
            ]
            try:
                whole = pyarrow.chunked_array(cells, cells[0].type if cells else field.type).cast(pyarrow.int64())
            except pyarrow.ArrowInvalid:  # a number with decimals, or beyond int64
                continue
            table = table.set_column(place, field.name, whole)
    return table


def arrow_table(columns: dict[str, Any]) -> Any:
    """An Arrow table of columns of arrays or lists, NaN and None as missing cells."""
    with extra("tables", "A table of columns"):
        import pyarrow
    return pyarrow.table({name: pyarrow.array(cells, from_pandas=True) for name, cells in columns.items()})


def _is_arrow(frame: Any) -> bool:
    return type(frame).__module__.partition(".")[0] == "pyarrow"


def _arrow(frame: Any, name: str) -> Any:
    """A frame of pandas or Polars as an Arrow table."""
    with extra("tables", name):
        import pyarrow  # noqa: F401
    import narwhals as nw

    return nw.from_native(frame, eager_only=True).to_arrow()


def _write_csv(file: IO[bytes], table: Any, *, zipped: bool) -> None:
    """A header and the rows; a missing cell is empty."""
    columns = [_plain(column) for column in table.columns]
    target: Any = gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0) if zipped else file
    text = io.TextIOWrapper(target, encoding="utf-8", newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.column_names)
    for start in range(0, table.num_rows, CHUNK):
        writer.writerows(zip(*(cell_texts(column.slice(start, CHUNK)) for column in columns), strict=True))
    text.detach().flush()
    if zipped:
        target.close()


def _plain(column: Any) -> Any:
    """Levels as their values; times in the coarsest unit that is exact, as dates where all are at midnight."""
    with extra("tables", "A table of columns"):
        import pyarrow
        from pyarrow import types

    if types.is_dictionary(column.type):
        return column.cast(column.type.value_type)
    if not types.is_timestamp(column.type):
        return column
    days = [] if column.type.tz else [pyarrow.date32()]
    for kind in (*days, *(pyarrow.timestamp(unit, column.type.tz) for unit in ("s", "ms", "us"))):
        try:
            coarse = column.cast(kind)
        except pyarrow.ArrowInvalid:  # would lose digits
            continue
        if coarse.cast(column.type).equals(column):  # a cast to days drops the time of day without an error
            return coarse
    return column


def cell_texts(column: Any) -> list[str]:
    """The cells as text: numbers with the fewest digits that parse to the same number, "" for missing ones."""
    with extra("tables", "A table of columns"):
        from pyarrow import string, types

    if types.is_floating(column.type):
        cells = np.asarray(column.to_numpy())
        return ["" if text == "nan" else text for text in cells.astype(np.str_).tolist()]
    if types.is_duration(column.type):
        return ["" if cell is None else write(cell) for cell in _spans(column)]
    if types.is_temporal(column.type):
        return ["" if cell is None else cell for cell in column.cast(string()).to_pylist()]
    return ["" if cell is None else str(cell) for cell in column.to_pylist()]


def _spans(column: Any) -> list[np.timedelta64 | None]:
    ticks = column.cast("int64").to_pylist()
    return [None if tick is None else np.timedelta64(tick, column.type.unit) for tick in ticks]
