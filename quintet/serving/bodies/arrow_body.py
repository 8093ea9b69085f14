"""A stream of Arrow -> the rows of a request.

The stream comes from outside: its batches are validated in full before they are read, and neither compressed buffers
nor types whose values can share bytes (views, run ends) are accepted, so that memory is bounded by the body.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from quintet.extras import extra
from quintet.serving.bodies.arrow_message import is_compressed
from quintet.serving.bodies.json_body import in_own_dtype
from quintet.serving.bodies.shape import NO_ROWS, Array, Body, Shape
from quintet.serving.limits import Limits
from quintet.serving.refusals import Refusal

ROW, LINE = "row", "line"
"""The column of rows that are arrays, each a list of its cells in C order; and that of lines of text."""


def read(content: bytes, shape: Shape, limits: Limits) -> Body:
    """The rows of a stream of record batches.

    Raises
    ------
    Refusal
        400 for a stream that is damaged or cut off, 413 over a limit, 422 for rows of another form.
    """
    with extra("serve", "The service"):
        import pyarrow
    try:
        table = _table(pyarrow, content, shape, limits)
    except (pyarrow.ArrowException, ValueError, OSError, EOFError, OverflowError) as problem:
        words = " ".join(str(problem).split())[:150]
        raise Refusal(
            400,
            "not_arrow",
            f"The body must be a whole stream of Arrow's IPC format, got an error ({words}): send it again.",
        ) from None
    if not len(table):
        raise _wrong(NO_ROWS)
    return Body(_rows(table, shape), len(table))


def _table(pyarrow: Any, content: bytes, shape: Shape, limits: Limits) -> Any:
    _refuse_compressed(pyarrow, content)
    batches, rows = [], 0
    with pyarrow.ipc.open_stream(pyarrow.py_buffer(content)) as reader:
        schema = reader.schema
        limits.check_rows(1, len(schema.names))
        _refuse_types(pyarrow, schema)
        for batch in reader:
            rows += len(batch)
            limits.check_rows(rows, max(shape.cells, len(schema.names)))
            batch.validate(full=True)
            _refuse_long_values(pyarrow, batch, limits)
            batches.append(batch)
    return pyarrow.Table.from_batches(batches, schema)


def _refuse_compressed(pyarrow: Any, content: bytes) -> None:
    """Refuse compressed buffers by the metadata of all messages, before any is unpacked."""
    source, found = pyarrow.BufferReader(content), False
    while True:
        try:
            message = pyarrow.ipc.read_message(source)
        except EOFError:
            break
        found = True
        if is_compressed(message.metadata.to_pybytes(), message.type):
            raise Refusal(
                415, "compressed_arrow", "The Arrow stream must not be compressed: write it without compression."
            )
    if not found:
        raise ValueError("the stream is empty")


def _refuse_types(pyarrow: Any, schema: Any) -> None:
    types = pyarrow.types
    plain = (
        types.is_integer,
        types.is_floating,
        types.is_boolean,
        types.is_string,
        types.is_large_string,
        types.is_temporal,
        types.is_decimal,
        types.is_null,
    )

    def legal(kind: Any) -> bool:
        if types.is_dictionary(kind):
            return bool(types.is_string(kind.value_type) or types.is_large_string(kind.value_type))
        if types.is_list(kind) or types.is_fixed_size_list(kind):
            return bool(types.is_integer(kind.value_type) or types.is_floating(kind.value_type))
        return any(test(kind) for test in plain)

    for field in schema:
        if not legal(field.type):
            raise _wrong(
                f"Column {field.name[:60]!r} must hold numbers, text, categories, true and false, times or lists of "
                f"numbers, got {str(field.type)[:60]}: convert or drop it."
            )


def _refuse_long_values(pyarrow: Any, batch: Any, limits: Limits) -> None:
    """Refuse long texts: a category's is stored once, and read once for each row."""
    with extra("serve", "The service"):
        import pyarrow.compute as compute

    for column in batch.columns:
        values = column.dictionary if pyarrow.types.is_dictionary(column.type) else column
        if not (pyarrow.types.is_string(values.type) or pyarrow.types.is_large_string(values.type)):
            continue
        longest = compute.max(compute.binary_length(values)).as_py() or 0
        if longest > limits.value_bytes:
            raise Refusal(
                413, "too_many_cells", f"A text must have at most {limits.value_bytes:,} bytes, got {longest:,}."
            )


def _rows(table: Any, shape: Shape) -> Any:
    if shape.kind == "text":
        return _lines(table)
    if shape.kind == "table":
        known = {column.name for column in shape.schema.columns}
        odd = next((name for name in table.column_names if name not in known), None)
        if odd is not None:
            raise Refusal(
                422, "unknown_column", f"Columns must be those of training, got {odd[:60]!r}: correct or drop it."
            )
        return table
    if shape.kind == "series":
        return table
    return in_own_dtype(_array(table, shape), shape)


def _lines(table: Any) -> list[str]:
    if table.column_names != [LINE]:
        raise _wrong(f"Lines must be a column {LINE!r} of text, got {', '.join(table.column_names[:5])[:100]}.")
    lines: list[str] = table.column(0).to_pylist()
    if not all(isinstance(line, str) for line in lines):
        raise _wrong(f"Every cell of the column {LINE!r} must be text, got null or another value.")
    return lines


def _array(table: Any, shape: Shape) -> Array:
    """Rows (n, *row_shape): of the column ``row`` of lists, or of the columns of flat rows."""
    schema, names = shape.schema, table.column_names
    if names == [ROW]:
        column = table.column(0).combine_chunks()
        lists = hasattr(column, "flatten") and (hasattr(column, "value_lengths") or hasattr(column.type, "list_size"))
        if not lists or column.null_count or _lengths(column) != {schema.size}:
            raise _wrong(f"Every cell of the column {ROW!r} must be a list of {schema.size} numbers.")
        return _plain(column.flatten()).reshape(len(table), *schema.row_shape)
    if len(schema.row_shape) != 1:
        raise _wrong(f"Rows must be a column {ROW!r} of lists of {schema.size} numbers, got {len(names)} columns.")
    wanted = list(schema.feature_names or names)
    if set(names) != set(wanted) or len(names) != schema.size:
        raise _wrong(f"Columns must be the {schema.size} of training, got {len(names)}: {', '.join(names[:5])[:100]}.")
    return np.stack([_plain(table.column(name).combine_chunks()) for name in wanted], axis=1)


def _lengths(column: Any) -> set[int]:
    """The lengths of the lists of a column."""
    if hasattr(column.type, "list_size"):
        return {column.type.list_size}
    return set(column.value_lengths().unique().to_pylist())


def _plain(values: Any) -> Array:
    """Numbers (n,); null is NaN."""
    if values.null_count:
        values = values.cast("float64", safe=False)
    found = values.to_numpy(zero_copy_only=False)
    if found.dtype.kind not in "biuf":
        raise _wrong("Cells must be numbers or null, got another type.")
    return np.asarray(found, dtype=np.uint8 if found.dtype.kind == "b" else found.dtype)


def _wrong(message: str) -> Refusal:
    return Refusal(422, "invalid_input", message)
