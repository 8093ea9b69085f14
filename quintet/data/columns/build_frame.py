"""Values of columns -> a frame of the user's library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from quintet.data.columns.any_column import AnyColumn
from quintet.data.columns.base import Array
from quintet.data.columns.frame import Container
from quintet.data.columns.levels import Ordinal
from quintet.extras import extra


def build_frame(
    columns: Sequence[AnyColumn], values: Mapping[str, Array], container: Container, like: Any = None
) -> Any:
    """A frame with these columns in their order and types; an object array (n, columns) for container "array".

    Parameters
    ----------
    like : the frame whose index, names and types (nullable numbers, categories) a pandas frame gets.
    """
    if container == "pandas":
        return _pandas(columns, values, like)
    if container == "polars":
        return _polars(columns, values)
    if container == "pyarrow":
        return _pyarrow(columns, values)
    out = np.empty((len(next(iter(values.values()))), len(columns)), dtype=object)
    for j, column in enumerate(columns):
        out[:, j] = values[column.name]
    return out


def _pandas(columns: Sequence[AnyColumn], values: Mapping[str, Array], like: Any) -> Any:
    with extra("pandas", "a pandas data frame"):
        import pandas

    index, given = getattr(like, "index", None), getattr(like, "columns", ())
    names = {str(name): name for name in given}
    series = {}
    for column in columns:
        cells = values[column.name]
        if column.dtype == "category" and column.modelled:
            levels = _categories(column, cells)
            ordered = isinstance(column, Ordinal)
            made: Any = pandas.Series(pandas.Categorical(cells, categories=levels, ordered=ordered), index=index)
        else:
            made = pandas.Series(cells, index=index)
            zone = getattr(column, "timezone", None)
            made = made.dt.tz_localize("UTC").dt.tz_convert(zone) if zone else made
        name = names.get(column.name, column.name)
        series[name] = _typed(made, like[name].dtype) if column.name in names else made
    return pandas.DataFrame(series, index=index)


def _typed(made: Any, dtype: Any) -> Any:
    """A pandas series in another type, if that type holds all of its values."""
    with extra("pandas", "a pandas data frame"):
        import pandas

    if made.dtype == dtype:
        return made
    if made.dtype.kind == "M" and dtype.kind == "M":
        return _in_zone(made, getattr(dtype, "tz", None))
    if not (dtype.kind == "O" or pandas.api.types.is_extension_array_dtype(dtype)):
        return made
    if isinstance(dtype, pandas.CategoricalDtype):
        place = {str(level): level for level in dtype.categories}
        cells = [cell if pandas.isna(cell) else place.get(str(cell)) for cell in made]
        unknown = sum(cell is None for cell in cells) > made.isna().sum()
        return made if unknown else pandas.Series(pandas.Categorical(cells, dtype=dtype), index=made.index)
    if made.dtype.kind == "M":
        return made.dt.date if dtype.kind == "O" and bool((made.dt.normalize() == made)[made.notna()].all()) else made
    try:
        return made.astype(dtype)
    except (TypeError, ValueError):
        return made


def _in_zone(made: Any, zone: Any) -> Any:
    """Points in time in a zone, or without one in UTC."""
    in_utc = made.dt.tz_localize("UTC") if made.dt.tz is None else made
    return in_utc.dt.tz_convert(zone) if zone is not None else in_utc.dt.tz_convert("UTC").dt.tz_localize(None)


def _polars(columns: Sequence[AnyColumn], values: Mapping[str, Array]) -> Any:
    with extra("polars", "a Polars data frame"):
        import polars

    made = {}
    for column in columns:
        cells = values[column.name]
        if cells.dtype.kind == "O":
            plain = cells.tolist()
            if column.dtype == "category" and column.modelled:
                levels = list(map(str, _categories(column, cells)))
                dtype = polars.Enum(levels) if isinstance(column, Ordinal) else polars.Categorical
                made[column.name] = polars.Series([None if c is None else str(c) for c in plain], dtype=dtype)
                continue
            mixed = len({type(cell) for cell in plain if cell is not None}) > 1
            made[column.name] = polars.Series(plain, dtype=polars.Object) if mixed else polars.Series(plain)
            continue
        whole = cells.dtype.kind == "f" and column.dtype[:1] in "iu"
        series = polars.Series(cells, nan_to_null=whole)
        if whole and bool((series == series.round()).all()):
            series = series.cast(polars.Int64)
        zone = getattr(column, "timezone", None)
        made[column.name] = series.dt.replace_time_zone("UTC").dt.convert_time_zone(zone) if zone else series
    return polars.DataFrame(made)


def _pyarrow(columns: Sequence[AnyColumn], values: Mapping[str, Array]) -> Any:
    with extra("parquet", "an Arrow table"):
        import pyarrow

    made = {}
    for column in columns:
        cells = values[column.name]
        array = pyarrow.array(cells, from_pandas=cells.dtype.kind == "O" or column.missing or not column.modelled)
        if column.dtype == "category" and column.modelled:
            array = pyarrow.array([None if c is None else str(c) for c in cells]).dictionary_encode()
        zone = getattr(column, "timezone", None)
        made[column.name] = array.cast(pyarrow.timestamp(array.type.unit, zone)) if zone else array
    return pyarrow.table(made)


def _categories(column: Any, cells: Array) -> list[Any]:
    """The levels of training, and others among the cells."""
    return list(column.levels) + sorted({cell for cell in cells if cell is not None} - set(column.levels), key=str)
