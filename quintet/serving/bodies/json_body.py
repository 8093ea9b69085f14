"""JSON -> the rows of a request."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic_core import from_json

from quintet.serving.bodies.json_columns import table_of
from quintet.serving.bodies.shape import NO_ROWS, Array, Body, Shape
from quintet.serving.limits import Limits
from quintet.serving.refusals import Refusal

FORM = 'The body must be a JSON object {"rows": [...]}, with "condition" for a conditional model'


def parsed(content: bytes) -> Any:
    """The value of a JSON text; NaN and Infinity are none.

    Raises
    ------
    Refusal
        400, with the place of the mistake.
    """
    try:
        return from_json(content, allow_inf_nan=False)
    except ValueError as problem:
        words = " ".join(str(problem).split())
        raise Refusal(
            400, "not_json", f"The body must be valid JSON, got an error ({words[:200]}); a missing cell is null."
        ) from None


def read(content: bytes, shape: Shape, limits: Limits) -> Body:
    """The rows of ``{"rows": [...]}``.

    Raises
    ------
    Refusal
        400 for text that is no JSON, 413 over a limit, 422 for rows of another form.
    """
    found = parsed(content)
    if not isinstance(found, dict) or "rows" not in found or not set(found) <= {"rows", "condition"}:
        got = f"the keys {', '.join(map(repr, list(found)[:5]))}" if isinstance(found, dict) else type(found).__name__
        raise _wrong(f"{FORM}, got {got[:100]}.")
    rows, condition = found["rows"], found.get("condition")
    if not isinstance(rows, list):
        raise _wrong(f'"rows" must be a list, got {_name(rows)}.')
    if not rows:
        raise _wrong(NO_ROWS)
    if isinstance(condition, list) and len(condition) != len(rows):
        raise _wrong(f'"condition" must be one value, or one for each of {len(rows)} rows, got {len(condition)}.')
    limits.check_rows(len(rows))
    return Body(_rows(rows, shape, limits), len(rows), condition=condition)


def _rows(rows: list[Any], shape: Shape, limits: Limits) -> Any:
    if shape.kind == "text":
        return _lines(rows, limits)
    records = sum(isinstance(row, dict) for row in rows)
    if records and records < len(rows):
        raise _wrong("Rows must be of one form, got objects beside other values.")
    if shape.kind == "table":
        if not records:
            some = ", ".join(repr(column.name) for column in shape.schema.columns[:3])
            raise _wrong(f"Rows must be objects of columns, such as {{{some}: ...}}, got {_name(rows[0])}.")
        limits.check_rows(len(rows), len(shape.schema.columns))
        return table_of(rows, shape.schema.columns, limits)
    if shape.kind == "series":
        return table_of(rows, (), limits) if records else _numbers(rows)
    names = shape.schema.feature_names
    if records:
        if names is None:
            raise _wrong("Rows must be lists of numbers: this model's cells have no names.")
        known = set(names)
        unknown = next((name for row in rows for name in row if name not in known), None)
        if unknown is not None:
            raise _wrong(f"Columns must be those of training, got {unknown[:60]!r}.")
        rows = [[row.get(name) for name in names] for row in rows]
    limits.check_rows(len(rows), shape.schema.size)
    found = _numbers(rows)
    if found.shape[1:] != shape.schema.row_shape:
        wanted, got = ("x".join(map(str, sides)) or "one number" for sides in (shape.schema.row_shape, found.shape[1:]))
        raise _wrong(f"A row must have the shape of training, {wanted}, got {got}.")
    return in_own_dtype(found, shape)


def _lines(rows: list[Any], limits: Limits) -> list[str]:
    odd = [row for row in rows if not isinstance(row, str)]
    if odd:
        raise _wrong(f"Rows must be strings, one for each line, got {_name(odd[0])}.")
    longest = max(len(row) for row in rows)
    if longest > limits.value_bytes or sum(map(len, rows)) > limits.cells:
        raise Refusal(
            413, "too_many_cells", f"A line must have at most {limits.value_bytes:,} characters, got {longest:,}."
        )
    return rows


def _numbers(rows: list[Any]) -> Array:
    """Nested lists of numbers as an array; null is NaN."""
    try:
        found = np.asarray(rows)
    except ValueError:
        raise _wrong("Rows must be nested lists of numbers of one shape, got lists of different lengths.") from None
    if found.dtype.kind == "O":
        odd = next((cell for cell in found.flat if cell is not None and not isinstance(cell, int | float)), None)
        if odd is not None:
            raise _wrong(f"Cells must be numbers or null, got {_name(odd)}.")
        try:
            found = found.astype(np.float64)
        except OverflowError:
            raise _wrong("Cells must be numbers that a 64-bit float holds, got a larger one.") from None
    if found.dtype.kind not in "biuf":
        raise _wrong("Cells must be numbers or null, got text.")
    return found.astype(np.uint8) if found.dtype.kind == "b" else found


def in_own_dtype(array: Array, shape: Shape) -> Array:
    """The rows in the type of the training rows, where it holds them all."""
    wanted = np.dtype(shape.schema.dtype)
    if array.dtype == wanted or not array.size:
        return array
    with np.errstate(all="ignore"):
        if wanted.kind == "f":
            return array.astype(np.float64)
        if array.dtype.kind == "f" and np.isnan(array).any():
            return array
        own = array.astype(wanted)
    return own if (own == array).all() else array


def _name(value: Any) -> str:
    """What a JSON value is."""
    if value is None:
        return "null"
    names = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list", dict: "an object"}
    return names.get(type(value), type(value).__name__)


def _wrong(message: str) -> Refusal:
    return Refusal(422, "invalid_input", message)
