"""Tables of Arrow."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from quintet.data.plain.base import (
    NULL,
    Array,
    Json,
    Library,
    PlainColumn,
    PlainFrame,
    from_numbers,
    from_texts,
    unsupported,
)
from quintet.extras import extra


def pyarrow_module() -> Any:
    """PyArrow, or the sentence that it is not installed."""
    with extra("parquet", "A compressed Arrow table"):
        import pyarrow
    return pyarrow


class Arrow(Library):
    """Tables of Arrow."""

    name = "pyarrow"

    def rows(self, frame: Any) -> int:
        """Number of rows."""
        return int(frame.num_rows)

    def take(self, frame: Any, rows: slice | Array) -> Any:
        """The table of some rows."""
        if isinstance(rows, slice) and rows.step in (None, 1):
            start, stop, _ = rows.indices(frame.num_rows)
            return frame.slice(start, max(0, stop - start))
        return frame.take(np.arange(frame.num_rows)[rows])

    def concatenated(self, frames: Sequence[Any]) -> Any:
        """Tables with the same columns, one below the other."""
        return frames[0] if len(frames) == 1 else pyarrow_module().concat_tables(frames)

    def types(self, frame: Any) -> Json:
        """Names and types of the columns."""
        return [(field.name, str(field)) for field in frame.schema]

    def to_plain(self, frame: Any) -> PlainFrame:
        """The table as plain columns."""
        others: list[PlainColumn] = []
        columns = tuple(
            array_to_plain(field.name, frame.column(place), others) for place, field in enumerate(frame.schema)
        )
        return PlainFrame(self.name, frame.num_rows, columns, tuple(others), _schema_to_json(frame.schema))

    def from_plain(self, plain: PlainFrame) -> Any:
        """The inverse of ``to_plain``."""
        pyarrow = pyarrow_module()
        schema = _schema_from_json(plain.more, [column.name for column in plain.columns])
        arrays = [
            array_from_plain(column, field.type, plain.others)
            for column, field in zip(plain.columns, schema, strict=True)
        ]
        return pyarrow.Table.from_arrays(arrays, schema=schema)


def array_to_plain(name: str, chunks: Any, others: list[PlainColumn]) -> PlainColumn:
    """An Arrow array (n,) as a plain column; its levels are added to ``others``."""
    pyarrow = pyarrow_module()
    kind, types = chunks.type, pyarrow.types
    if types.is_dictionary(kind):
        whole = chunks.unify_dictionaries() if hasattr(chunks, "unify_dictionaries") else chunks
        whole = whole.combine_chunks() if hasattr(whole, "combine_chunks") else whole
        whole = whole.chunk(0) if hasattr(whole, "chunk") else whole
        others.append(array_to_plain("", whole.dictionary, others))
        at, gone = whole.indices, _gone(whole)
        return from_numbers(name, _numbers(at), gone, meaning="level", levels=len(others) - 1)
    gone = _gone(chunks)
    if types.is_boolean(kind) or types.is_integer(kind) or types.is_floating(kind):
        return from_numbers(name, _numbers(chunks), gone)
    if types.is_date(kind) or types.is_timestamp(kind):
        whole = pyarrow.int32() if types.is_date32(kind) else pyarrow.int64()
        unit = "D" if types.is_date32(kind) else "ms" if types.is_date(kind) else kind.unit
        return from_numbers(name, _numbers(chunks.cast(whole)), gone, meaning="time", detail=unit)
    if types.is_duration(kind) or types.is_time(kind):
        ticks = chunks.cast(pyarrow.int32() if types.is_time32(kind) else pyarrow.int64())
        return from_numbers(name, _numbers(ticks), gone, meaning="duration", detail=kind.unit)
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return from_texts(name, chunks.to_pylist())
    if types.is_decimal(kind):
        cells = [None if cell is None else str(cell) for cell in chunks.to_pylist()]
        return from_texts(name, cells, meaning="decimal", detail=str(kind.scale))
    if types.is_null(kind):
        return from_numbers(name, np.zeros(len(chunks), np.uint8), np.ones(len(chunks), dtype=bool), meaning="other")
    raise unsupported(name, kind)


def array_from_plain(column: PlainColumn, kind: Any, others: Sequence[PlainColumn]) -> Any:
    """The inverse of ``array_to_plain``."""
    pyarrow, gone = pyarrow_module(), column.codes == NULL
    types = pyarrow.types
    if types.is_dictionary(kind):
        assert column.levels is not None
        levels = array_from_plain(others[column.levels], kind.value_type, others)
        at = pyarrow.array(column.array, kind.index_type, mask=gone)
        return pyarrow.DictionaryArray.from_arrays(at, levels, ordered=kind.ordered)
    if types.is_null(kind):
        return pyarrow.nulls(len(column))
    if types.is_decimal(kind):
        cells = [None if lost else Decimal(c) for c, lost in zip(column.array, gone, strict=True)]
        return pyarrow.array(cells, kind)
    if column.array.dtype.kind == "O":
        return pyarrow.array([None if lost else c for c, lost in zip(column.array, gone, strict=True)], kind)
    if types.is_temporal(kind):
        return pyarrow.array(column.array, mask=gone).cast(kind)
    return pyarrow.array(column.array, kind, mask=gone)


def type_to_json(kind: Any) -> Json:
    """An Arrow type as JSON."""
    return _text(pyarrow_module().schema([("", kind)]).serialize())


def type_from_json(text: Json) -> Any:
    """The inverse of ``type_to_json``."""
    return _read_schema(text).field(0).type


def _schema_to_json(schema: Any) -> Json:
    """Names of types where they say all, which takes few bytes; else the schema as Arrow serialises it."""
    names = [str(field.type) for field in schema]
    again = None if schema.metadata else _schema_of(names, schema.names)
    return names if again is not None and again.equals(schema, check_metadata=True) else _text(schema.serialize())


def _schema_from_json(more: Json, columns: Sequence[str]) -> Any:
    """The inverse of ``_schema_to_json``."""
    if not isinstance(more, list):
        return _read_schema(more)
    schema = _schema_of(more, columns)
    if schema is None:
        raise ValueError("no table of Arrow has such types")
    return schema


def _schema_of(names: Sequence[str], columns: Sequence[str]) -> Any:
    """The schema of columns with these types; None if a type has no such name."""
    pyarrow = pyarrow_module()
    try:
        pairs = zip(columns, names, strict=True)
        return pyarrow.schema([(column, pyarrow.type_for_alias(name)) for column, name in pairs])
    except ValueError:
        return None


def _read_schema(text: str) -> Any:
    pyarrow, content = pyarrow_module(), base64.b85decode(text)
    if b"ARROW:extension" in content:
        raise ValueError("extension types are never written, and reading them may run code")
    return pyarrow.ipc.read_schema(pyarrow.py_buffer(content))


def _text(buffer: Any) -> str:
    return base64.b85encode(buffer.to_pybytes()).decode()


def _gone(chunks: Any) -> Array:
    return np.asarray(chunks.is_null().to_numpy(zero_copy_only=False), dtype=bool)


def _numbers(chunks: Any) -> Array:
    """Numbers or booleans, 0 where missing."""
    pyarrow = pyarrow_module()
    if chunks.null_count:
        chunks = chunks.fill_null(pyarrow.scalar(False if pyarrow.types.is_boolean(chunks.type) else 0, chunks.type))
    return np.asarray(chunks.to_numpy(zero_copy_only=False))
