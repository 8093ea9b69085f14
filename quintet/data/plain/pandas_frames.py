"""Frames of pandas: every dtype, the index and the labels."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
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
from quintet.data.plain.objects import from_objects, object_array, to_objects
from quintet.data.plain.pandas_parts import pandas_module, plain_name, times, zone_type

MASKED = (*(f"{sign}{size}" for sign in ("Int", "UInt") for size in (8, 16, 32, 64)), "Float32", "Float64", "boolean")
"""The nullable types of pandas."""


class Pandas(Library):
    """Frames of pandas."""

    name = "pandas"

    def rows(self, frame: Any) -> int:
        """Number of rows."""
        return len(frame)

    def take(self, frame: Any, rows: slice | Array) -> Any:
        """The frame of some rows."""
        return frame.iloc[rows]

    def concatenated(self, frames: Sequence[Any]) -> Any:
        """Frames with the same columns, one below the other."""
        if len(frames) == 1:
            return frames[0]
        whole = pandas_module().concat(frames)
        freq = getattr(frames[0].index, "freq", None)
        if freq is not None and getattr(whole.index, "freq", None) is None:
            with suppress(ValueError):  # rows that are not one after the other
                whole.index.freq = freq
        return whole

    def types(self, frame: Any) -> Json:
        """Names and types of the columns."""
        return [(str(name), str(dtype), repr(dtype)) for name, dtype in frame.dtypes.items()]

    def to_plain(self, frame: Any) -> PlainFrame:
        """The frame as plain columns."""
        others: list[PlainColumn] = []
        columns = tuple(
            column_to_plain(str(name), series, others)
            for name, (_, series) in zip(frame.columns, frame.items(), strict=True)
        )
        labels = axis_to_json(frame.columns, others, texts=[column.name for column in columns])
        more = {"index": axis_to_json(frame.index, others), "labels": labels}
        return PlainFrame(self.name, len(frame), columns, tuple(others), more)

    def from_plain(self, plain: PlainFrame) -> Any:
        """The inverse of ``to_plain``."""
        pandas = pandas_module()
        index = axis_from_json(plain.more["index"], plain.others)
        made = {
            place: pandas.Series(cells, index=index, dtype=cells.dtype)
            for place, cells in enumerate(column_from_plain(column, plain.others) for column in plain.columns)
        }
        frame = pandas.DataFrame(made, index=index)
        frame.columns = axis_from_json(plain.more["labels"], plain.others, [column.name for column in plain.columns])
        return frame


def column_to_plain(name: str, series: Any, others: list[PlainColumn]) -> PlainColumn:
    """A series (n,) as a plain column; its levels are added to ``others``."""
    pandas, dtype = pandas_module(), series.dtype
    if isinstance(dtype, pandas.CategoricalDtype):
        return _category_to_plain(name, series, others)
    if isinstance(dtype, pandas.DatetimeTZDtype):
        zone = str(dtype.tz)
        if zone_type(dtype.unit, zone) != dtype:
            raise unsupported(name, dtype)
        ticks = series.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy()
        return times(name, ticks, ["zone", dtype.unit, zone])
    if isinstance(dtype, pandas.StringDtype):
        missing = "nan" if dtype.na_value is np.nan else "NA"
        cells = [None if gone else str(c) for c, gone in zip(series.tolist(), series.isna(), strict=True)]
        return from_texts(name, cells, type=["string", dtype.storage, missing])
    if isinstance(dtype, pandas.ArrowDtype):
        from quintet.data.plain.arrow_frames import array_to_plain, type_to_json

        found = array_to_plain(name, series.array.__arrow_array__(), others)
        return PlainColumn(**{**vars(found), "type": ["arrow", type_to_json(dtype.pyarrow_dtype)]})
    if hasattr(dtype, "numpy_dtype") and isinstance(dtype, pandas.api.extensions.ExtensionDtype):
        numbers = series.to_numpy(dtype=dtype.numpy_dtype, na_value=dtype.numpy_dtype.type(0))
        return from_numbers(name, numbers, series.isna().to_numpy(), type=["masked", str(dtype)])
    if not isinstance(dtype, np.dtype):
        raise unsupported(name, dtype)
    if dtype.kind in "Mm":
        return times(name, series.to_numpy(), ["numpy", dtype.str])
    if dtype.kind == "O":
        return from_objects(name, series.tolist(), type=["object"])
    return from_numbers(name, series.to_numpy(), type=["numpy", dtype.str])


def column_from_plain(column: PlainColumn, others: Sequence[PlainColumn]) -> Any:
    """The inverse of ``column_to_plain``: an array that pandas makes a series of."""
    pandas, gone = pandas_module(), column.codes == NULL
    kind, *rest = column.type
    if kind == "object":
        return object_array(to_objects(column))
    if kind == "string":
        missing = np.nan if rest[1] == "nan" else pandas.NA
        cells = object_array([missing if g else c for c, g in zip(column.array, gone, strict=True)])
        return pandas.array(cells, dtype=pandas.StringDtype(rest[0], na_value=missing))
    if kind == "masked" and rest[0] in MASKED:
        out = pandas.array(column.array, dtype=rest[0])
        out[gone] = pandas.NA
        return out
    if kind == "category":
        codes = np.where(gone, -1, column.array)
        levels = axis_from_json(rest[0], others)
        return pandas.Categorical.from_codes(codes, categories=levels, ordered=rest[1])
    if kind == "zone":
        ticks = np.where(gone, np.iinfo(np.int64).min, column.array).view(f"M8[{rest[0]}]")
        return pandas.Series(ticks).dt.tz_localize("UTC").astype(zone_type(*rest)).array
    if kind == "arrow":
        from quintet.data.plain.arrow_frames import array_from_plain, type_from_json

        return pandas.arrays.ArrowExtensionArray(array_from_plain(column, type_from_json(rest[0]), others))
    dtype = np.dtype(rest[0])
    if kind == "numpy" and dtype.kind in "Mm":
        return np.where(gone, np.iinfo(np.int64).min, column.array).view(dtype)
    if kind != "numpy" or dtype.kind not in "biuf":
        raise ValueError(f"no column of pandas is of {column.type}")
    return np.where(gone, dtype.type(np.nan), column.array) if gone.any() else column.array


def axis_to_json(index: Any, others: list[PlainColumn], texts: Sequence[str] | None = None) -> Json:
    """An index, labels or levels as JSON, their values among ``others``; ``texts`` are values that need no copy."""
    pandas = pandas_module()
    names = [plain_name(name) for name in index.names]
    if isinstance(index, pandas.RangeIndex):
        return ["range", names, [index.start, index.stop, index.step]]
    if isinstance(index, pandas.MultiIndex):
        levels = [axis_to_json(index.get_level_values(i), others) for i in range(index.nlevels)]
        return ["multi", names, levels]
    if isinstance(index, pandas.IntervalIndex):
        return ["interval", names, [axis_to_json(part, others) for part in (index.left, index.right)], index.closed]
    column = column_to_plain("", pandas.Series(index), others)
    if texts is not None and column.meaning in ("text", "object") and not column.codes.any():
        return ["texts", names, column.shell()]
    freq = getattr(index, "freqstr", None)
    others.append(column)
    return ["values", names, len(others) - 1, freq]


def axis_from_json(axis: Json, others: Sequence[PlainColumn], texts: Sequence[str] = ()) -> Any:
    """The inverse of ``axis_to_json``."""
    pandas = pandas_module()
    kind, names, values, *rest = axis
    if kind == "range":
        return pandas.RangeIndex(*values, name=names[0])
    if kind == "multi":
        return pandas.MultiIndex.from_arrays([axis_from_json(level, others) for level in values], names=names)
    if kind == "interval":
        left, right = (axis_from_json(part, others) for part in values)
        return pandas.IntervalIndex.from_arrays(left, right, closed=rest[0], name=names[0])
    if kind == "texts":
        column = PlainColumn.empty(values).filled(object_array(texts), np.zeros(len(texts), dtype=np.uint8))
    else:
        column = others[values]
    cells = column_from_plain(column, others)
    out = pandas.Index(cells, dtype=getattr(cells, "dtype", None), name=names[0])
    if rest and rest[0]:
        out = pandas.DatetimeIndex(out, freq=rest[0]) if out.dtype.kind == "M" else out
    return out


def _category_to_plain(name: str, series: Any, others: list[PlainColumn]) -> PlainColumn:
    levels = series.dtype.categories
    axis = axis_to_json(levels, others)
    place = axis[2] if axis[0] == "values" else None
    codes = series.cat.codes.to_numpy()
    kind = ["category", axis, bool(series.dtype.ordered)]
    return from_numbers(name, codes, codes < 0, meaning="level", type=kind, levels=place)
