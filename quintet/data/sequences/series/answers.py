"""Answers on grids of steps in the form of the source: frames of its library, or arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from quintet.data.columns import date_text
from quintet.data.columns.base import Array
from quintet.data.sequences.series.categories import Category, Levels
from quintet.data.sequences.series.description import SeriesDescription
from quintet.data.sequences.series.read import SeriesData
from quintet.data.sequences.series.time_axis import Ticks, TimeAxis
from quintet.extras import extra


@dataclass(frozen=True)
class Part:
    """The answer for one series: ``values`` (steps, columns) from the time stamp ``start`` on, in ticks."""

    start: Ticks
    values: Array
    name: Any = None


def like_source(data: SeriesData, values: Sequence[Array]) -> Any:
    """Answers on the series' own grids, (steps, channels) each, in the form of the source.

    Frames keep their index, types and other columns where each row is one step; else the answer has the time stamps,
    the names of the series and the channels of all steps of the grids.
    """
    regular = all(one.is_regular for one in data.series)
    if data.container == "array" or not regular:
        parts = [Part(one.start, own, one.name) for one, own in zip(data.series, values, strict=True)]
        return in_form(data, parts, data.channels, data.dtypes)
    out = []
    for number, source in enumerate(data.sources):
        cells = np.empty((source.rows, len(data.channels)))
        for one, own in zip(data.series, values, strict=True):
            if one.source == number:
                cells[one.rows] = own
        out.append(_replaced(source.native, data.channels, cells, data.dtypes, data.categories))
    return out if data.many else out[0]


def in_form(
    data: SeriesData, parts: Sequence[Part], names: Sequence[str], dtypes: Sequence[str], shares: bool = False
) -> Any:
    """Answers on any steps, in the form of the source: a list where the source was one, else one array or frame.

    Parameters
    ----------
    shares : whether frames have the channels of levels beside columns of text.
    """
    return built(
        data.axis,
        parts,
        names,
        dtypes,
        data.container,
        data.many,
        data.id_column,
        data.from_index,
        data.sources[0].flat,
        Levels(data.categories, shares),
    )


def described(description: SeriesDescription, parts: Sequence[Part]) -> Any:
    """Answers without a source, such as generated series, in the form of training: (n, steps, channels), or a frame
    with a column ``series``."""
    names, dtypes = zip(*((channel.name, channel.dtype) for channel in description.channels), strict=True)
    if description.container == "array":
        return np.stack([_typed_rows(part.values, dtypes) for part in parts])
    column = description.id_column or "series"
    levels = Levels(tuple(each.category for each in description.categories))
    return built(description.time, parts, names, dtypes, description.container, False, column, False, False, levels)


def built(
    axis: TimeAxis,
    parts: Sequence[Part],
    names: Sequence[str],
    dtypes: Sequence[str],
    container: str,
    many: bool,
    id_column: str | None,
    from_index: bool,
    flat: bool,
    levels: Levels,
) -> Any:
    """Parts as a list of frames or arrays, or as one."""
    if container == "array":
        arrays = [_typed_rows(part.values, dtypes) for part in parts]
        arrays = [each[:, 0] if flat and each.shape[1] == 1 else each for each in arrays]
        return arrays if many else arrays[0]
    if many and id_column is None:
        return [_frame(axis, [part], names, dtypes, container, None, from_index, levels) for part in parts]
    return _frame(axis, parts, names, dtypes, container, id_column, from_index, levels)


def in_dtype(cells: Array, dtype: str) -> Array:
    """Cells (n,) of float64 in the user's type where it can hold them, else as they are."""
    kind = np.dtype(dtype) if dtype in ("bool",) or dtype[:1] in "iuf" else np.dtype(np.float64)
    if kind.kind == "f":
        with np.errstate(over="ignore"):
            found = cells.astype(kind)
        return found if np.isfinite(found).sum() == np.isfinite(cells).sum() else cells
    low, high = (0.0, 1.0) if kind.kind == "b" else (float(np.iinfo(kind).min), float(np.iinfo(kind).max))
    whole = np.isfinite(cells).all() and (cells == np.rint(cells)).all()
    if whole and (not len(cells) or (cells.min() >= low and cells.max() <= high and np.abs(cells).max() <= 2.0**53)):
        return cells.astype(kind)
    return cells


def _typed_rows(values: Array, dtypes: Sequence[str]) -> Array:
    """Values (steps, channels) as one array of the channels' common type."""
    columns = [in_dtype(values[:, j], dtype) for j, dtype in enumerate(dtypes)]
    return np.stack(columns, axis=1) if columns else values


def _replaced(
    frame: Any, names: Sequence[str], cells: Array, dtypes: Sequence[str], categories: Sequence[Category]
) -> Any:
    """A frame with other values in some columns."""
    import narwhals as nw

    native = nw.from_native(frame, eager_only=True)
    made, levels = [], {name for each in categories for name in each.channels}
    for each in categories:
        found = each.levels_of(cells[:, [list(names).index(name) for name in each.channels]])
        column = native.get_column(each.column)
        new = [own if level is None else level for own, level in zip(column.to_list(), found, strict=True)]
        series = nw.new_series(each.column, new, backend=native.implementation)
        made.append(series if series.dtype == column.dtype else series.cast(column.dtype))
    for j, (name, dtype) in enumerate(zip(names, dtypes, strict=True)):
        if name in levels:
            continue
        own, column = in_dtype(cells[:, j], dtype), native.get_column(name)
        series = nw.new_series(name, own, backend=native.implementation)
        if series.dtype != column.dtype and own.dtype.kind == np.dtype(dtype).kind:
            series = series.cast(column.dtype)
        made.append(series)
    if native.implementation.is_pandas():
        out = frame.copy()
        for series in made:
            out[series.name] = series.to_native().set_axis(frame.index)
        return out
    return native.with_columns(*made).to_native()


def _frame(
    axis: TimeAxis,
    parts: Sequence[Part],
    names: Sequence[str],
    dtypes: Sequence[str],
    container: str,
    id_column: str | None,
    from_index: bool,
    levels: Levels,
) -> Any:
    """One frame with the time stamps, the names of the series, and the columns of all parts."""
    import narwhals as nw

    columns: dict[str, Any] = {}
    if axis.kind != "step":
        columns[axis.name or "time"] = np.concatenate([axis.stamps(part.start, len(part.values)) for part in parts])
    elif id_column is not None:
        columns["step"] = np.concatenate([np.arange(len(part.values)) for part in parts])
    if id_column is not None:
        columns[id_column] = [part.name for part in parts for _ in range(len(part.values))]
    whole = np.concatenate([part.values for part in parts])
    columns |= {name: in_dtype(whole[:, j], dtype) for j, (name, dtype) in enumerate(zip(names, dtypes, strict=True))}
    columns = levels.folded(columns)
    if axis.date_format is not None and axis.name is not None:
        columns[axis.name] = date_text.write(columns[axis.name], axis.date_format).tolist()
    backend: Any = container
    made = {name: _column(name, cells, backend) for name, cells in columns.items()}
    if axis.zone is not None and axis.date_format is None and axis.name is not None:
        made[axis.name] = made[axis.name].dt.replace_time_zone("UTC").dt.convert_time_zone(axis.zone)
    if container != "pandas":
        return nw.from_dict(made, backend=backend).to_native()
    frame = _pandas({name: series.to_native() for name, series in made.items()})
    if from_index:
        frame = frame.set_index(axis.name)
        frame.index.name = None if axis.name == "index" else axis.name
    return frame


def _column(name: str, cells: Any, backend: Any) -> Any:
    """A series of Narwhals; where the library has a value for missing cells, NaN becomes it."""
    import narwhals as nw

    series = nw.new_series(name, cells, backend=backend)
    floats = isinstance(cells, np.ndarray) and cells.dtype.kind == "f" and backend != "pandas"
    return series.fill_nan(None) if floats else series


def _pandas(columns: dict[str, Any]) -> Any:
    with extra("pandas", "a pandas data frame"):
        import pandas

    return pandas.DataFrame(columns)
