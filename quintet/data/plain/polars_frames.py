"""Frames of Polars."""

from __future__ import annotations

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
from quintet.data.plain.objects import from_objects, to_objects
from quintet.extras import extra

NUMBERS = ("Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64", "Float32", "Float64", "Boolean")

TIMES = ("Date", "Datetime", "Duration", "Time")


def polars_module() -> Any:
    """Polars, or the sentence that it is not installed."""
    with extra("polars", "A compressed Polars data frame"):
        import polars
    return polars


class Polars(Library):
    """Frames of Polars."""

    name = "polars"

    def rows(self, frame: Any) -> int:
        """Number of rows."""
        return int(frame.height)

    def take(self, frame: Any, rows: slice | Array) -> Any:
        """The frame of some rows."""
        return frame[rows] if isinstance(rows, slice) else frame[np.arange(frame.height)[rows].tolist()]

    def concatenated(self, frames: Sequence[Any]) -> Any:
        """Frames with the same columns, one below the other."""
        return frames[0] if len(frames) == 1 else polars_module().concat(frames)

    def types(self, frame: Any) -> Json:
        """Names and types of the columns."""
        return [(name, str(dtype)) for name, dtype in frame.schema.items()]

    def to_plain(self, frame: Any) -> PlainFrame:
        """The frame as plain columns."""
        others: list[PlainColumn] = []
        columns = tuple(_to_plain(series, others) for series in frame.get_columns())
        return PlainFrame(self.name, frame.height, columns, tuple(others))

    def from_plain(self, plain: PlainFrame) -> Any:
        """The inverse of ``to_plain``."""
        return polars_module().DataFrame([_from_plain(column, plain.others) for column in plain.columns])


def _to_plain(series: Any, others: list[PlainColumn]) -> PlainColumn:
    polars, name, dtype = polars_module(), series.name, series.dtype
    kind, gone = str(dtype.base_type()), series.is_null().to_numpy()
    if kind in NUMBERS:
        return from_numbers(name, _numbers(series), gone, type=[kind])
    if kind == "String":
        return from_texts(name, series.to_list(), type=[kind])
    if kind in ("Categorical", "Enum"):
        cells = series.cast(polars.String).to_list()
        levels = (
            dtype.categories.to_list() if kind == "Enum" else list(dict.fromkeys(c for c in cells if c is not None))
        )
        place = {level: at for at, level in enumerate(levels)}
        others.append(from_texts("", levels))
        at = np.array([0 if cell is None else place[cell] for cell in cells], dtype=np.int32)
        return from_numbers(name, at, gone, meaning="level", type=[kind], levels=len(others) - 1)
    if kind in ("Date", "Datetime"):
        unit = "D" if kind == "Date" else dtype.time_unit
        zone = [] if kind == "Date" else [dtype.time_unit, dtype.time_zone]
        return from_numbers(name, _numbers(series.to_physical()), gone, meaning="time", detail=unit, type=[kind, *zone])
    if kind in ("Duration", "Time"):
        unit = [dtype.time_unit] if kind == "Duration" else []
        ticks = _numbers(series.to_physical())
        return from_numbers(name, ticks, gone, meaning="duration", detail=(unit or ["ns"])[0], type=[kind, *unit])
    if kind == "Decimal":
        cells = [None if cell is None else str(cell) for cell in series.to_list()]
        more = {"meaning": "decimal", "detail": str(dtype.scale), "type": [kind, dtype.precision, dtype.scale]}
        return from_texts(name, cells, **more)
    if kind == "Object":
        return from_objects(name, series.to_list(), type=[kind])
    if kind == "Null":
        return from_numbers(name, np.zeros(len(series), np.uint8), gone, meaning="other", type=[kind])
    raise unsupported(name, dtype)


def _from_plain(column: PlainColumn, others: Sequence[PlainColumn]) -> Any:
    polars, gone = polars_module(), column.codes == NULL
    kind, *rest = column.type
    if kind == "Object":
        return polars.Series(column.name, to_objects(column), dtype=polars.Object)
    if kind == "Null":
        return polars.Series(column.name, [None] * len(column), dtype=polars.Null)
    if kind == "Decimal":
        cells = [None if lost else Decimal(c) for c, lost in zip(column.array, gone, strict=True)]
        return polars.Series(column.name, cells, dtype=polars.Decimal(*rest))
    if kind == "String":
        cells = [None if lost else c for c, lost in zip(column.array, gone, strict=True)]
        return polars.Series(column.name, cells, dtype=polars.String)
    if kind in ("Categorical", "Enum"):
        assert column.levels is not None
        levels = others[column.levels].array.tolist()
        cells = [None if lost else levels[at] for at, lost in zip(column.array, gone, strict=True)]
        return polars.Series(column.name, cells, dtype=polars.Enum(levels) if kind == "Enum" else polars.Categorical)
    if kind not in (*NUMBERS, *TIMES):
        raise ValueError(f"no column of Polars is of {column.type}")
    series = polars.Series(column.name, column.array)
    if gone.any():
        series = series.scatter(np.flatnonzero(gone), None)
    return series if kind in NUMBERS else series.cast(getattr(polars, kind)(*rest))


def _numbers(series: Any) -> Array:
    """Numbers or booleans, 0 where missing."""
    if series.null_count():
        series = series.fill_null(False if str(series.dtype) == "Boolean" else 0)
    return np.asarray(series.to_numpy())
