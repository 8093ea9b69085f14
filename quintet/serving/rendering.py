"""An answer as JSON, as a stream of Arrow, as PNG, or as the bytes of a compressed file."""

from __future__ import annotations

import datetime
import io
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from pydantic_core import to_json

from quintet.data.columns import span_text
from quintet.data.writers.png import write_png
from quintet.extras import extra
from quintet.serving.answer import Answer
from quintet.serving.bodies.arrow_body import LINE, ROW
from quintet.serving.bodies.shape import ARROW, BYTES, JSON, PNG, Shape
from quintet.serving.refusals import Refusal


def rendered(answer: Answer, form: str, shape: Shape, about: Mapping[str, str]) -> bytes:
    """The content of a response.

    Parameters
    ----------
    form : its content type.
    about : the model's name and version.
    """
    if form == BYTES and answer.blob is not None:
        return answer.blob
    if form == JSON:
        return _json(answer, about)
    return _png(answer, shape) if form == PNG else _arrow(answer)


def forms_of(question: str, shape: Shape) -> tuple[str, ...]:
    """The content types that an answer can have, the usual one first."""
    if question == "compress":
        return (BYTES,)
    pictures = question in ("impute", "denoise", "generate", "decompress") and shape.pixel_dtype is not None
    return (JSON, ARROW, PNG) if pictures else (JSON, ARROW)


def _json(answer: Answer, about: Mapping[str, str]) -> bytes:
    out: dict[str, Any] = {"model": dict(about)}
    if answer.rows is not None:
        out["rows"] = _plain_rows(answer.rows)
    if answer.draws is not None:
        out["draws"] = [_plain_rows(drawn) for drawn in answer.draws]
    if answer.table is not None:
        columns = {name: _listed(values) for name, values in answer.table.items()}
        out["rows"] = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    out |= answer.more
    if answer.notes:
        out["notes"] = list(answer.notes)
    return to_json(out, inf_nan_mode="null", fallback=_plain)


def _plain_rows(rows: Any) -> list[Any]:
    if hasattr(rows, "to_pylist"):
        columns = {name: [_plain(cell) for cell in rows.column(name).to_pylist()] for name in rows.column_names}
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return _listed(rows)


def _listed(values: Any) -> list[Any]:
    if isinstance(values, np.ndarray) and values.dtype.kind in "mM":
        return [None if np.isnat(value) else _plain(value) for value in values]
    found = values.tolist() if isinstance(values, np.ndarray) else list(values)
    return found if not found or isinstance(found[0], str | int | float | list) else [_plain(value) for value in found]


def _plain(value: Any) -> Any:
    """A cell as JSON has it: times in ISO 8601, spans as "2 days 03:30:00"."""
    if isinstance(value, np.datetime64):
        return str(value)
    if isinstance(value, np.timedelta64):
        return span_text.write(value)
    if isinstance(value, datetime.timedelta):
        return span_text.write(np.timedelta64(value))
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    return value if value is None or isinstance(value, bool | int | float | str | list | dict) else str(value)


def _arrow(answer: Answer) -> bytes:
    with extra("serve", "The service"):
        import pyarrow
    if answer.table is not None:
        table = pyarrow.table({name: _column(pyarrow, values) for name, values in answer.table.items()})
    elif answer.draws is not None:
        parts = [_as_table(pyarrow, drawn) for drawn in answer.draws]
        table = pyarrow.concat_tables(parts, promote_options="permissive")
        numbers = np.repeat(np.arange(len(parts), dtype=np.int32), [len(part) for part in parts])
        table = table.append_column("draw", pyarrow.array(numbers))
    else:
        table = _as_table(pyarrow, answer.rows)
    sink = io.BytesIO()
    with pyarrow.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def _as_table(pyarrow: Any, rows: Any) -> Any:
    if isinstance(rows, pyarrow.Table):
        return rows
    if isinstance(rows, np.ndarray) and rows.ndim > 1:
        return pyarrow.table({ROW: _column(pyarrow, rows)})
    name = LINE if len(rows) and isinstance(rows[0], str) else "value"
    return pyarrow.table({name: pyarrow.array(list(rows))})


def _column(pyarrow: Any, values: Any) -> Any:
    """(n,) as a column, (n, *row_shape) as a column of lists in C order."""
    if isinstance(values, np.ndarray) and values.ndim > 1:
        flat = pyarrow.array(np.ascontiguousarray(values).reshape(-1))
        return pyarrow.FixedSizeListArray.from_arrays(flat, int(np.prod(values.shape[1:])))
    return pyarrow.array(values if isinstance(values, np.ndarray) else list(values))


def _png(answer: Answer, shape: Shape) -> bytes:
    sets = answer.draws if answer.draws is not None else (answer.rows,)
    dtype = shape.pixel_dtype
    if len(sets) != 1 or len(sets[0]) != 1 or dtype is None:
        raise Refusal(
            406,
            "not_acceptable",
            f"{PNG} holds one picture: ask for one row and at most one draw, or accept JSON or Arrow.",
        )
    picture = sets[0][0]
    if picture.dtype.kind == "f":
        picture = np.clip(np.rint(np.nan_to_num(picture)), 0, np.iinfo(dtype).max)
    sink = io.BytesIO()
    write_png(sink, picture.astype(dtype), {}, Path("picture.png"))
    return sink.getvalue()
