"""Values of columns -> a frame of pandas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from quintet.data.columns.answers import times_of_day
from quintet.data.columns.any_column import AnyColumn
from quintet.data.columns.base import Array
from quintet.data.columns.left_out import is_empty
from quintet.data.columns.levels import Ordinal, all_levels
from quintet.extras import extra


def pandas_frame(columns: Sequence[AnyColumn], values: Mapping[str, Array], like: Any = None) -> Any:
    """A frame with the index, the names and the types of ``like``."""
    with extra("pandas", "a pandas data frame"):
        import pandas

    index, given = getattr(like, "index", None), getattr(like, "columns", ())
    names = {str(name): name for name in given}
    series = {}
    for column in columns:
        name = names.get(column.name, column.name)
        if column.name in names and not column.modelled:
            series[name] = like[name]
            continue
        made = _series(column, values[column.name], index)
        series[name] = _typed(made, like[name].dtype) if column.name in names else _nullable(made, column)
    return pandas.DataFrame(series, index=index)


def _series(column: AnyColumn, cells: Array, index: Any) -> Any:
    with extra("pandas", "a pandas data frame"):
        import pandas

    if column.dtype == "category" and (column.modelled or is_empty(cells)):
        levels = all_levels(column, cells)
        made: Any = pandas.Categorical(cells, categories=levels, ordered=isinstance(column, Ordinal))
        return pandas.Series(made, index=index)
    if column.of_day and cells.dtype.kind == "m":
        cells = times_of_day(cells)
    if is_empty(cells) and (column.dtype == "string" or (column.date_format and cells.dtype.kind == "O")):
        return pandas.Series(cells, index=index, dtype=pandas.Series(["a"]).dtype)
    made = pandas.Series(cells, index=index)
    if column.timezone is None or made.dtype.kind != "M":
        return made
    return made.dt.tz_localize("UTC").dt.tz_convert(column.timezone)


def _nullable(made: Any, column: AnyColumn) -> Any:
    """Whole numbers of a column of integers with missing cells in pandas' nullable type, whether or not some are."""
    dtype = column.dtype
    if dtype[:1] not in "iu" or made.dtype.kind not in "iuf" or not (column.missing or made.dtype.kind == "f"):
        return made
    name = dtype.replace("int", "Int").replace("u", "U")
    try:
        return made.astype(name)
    except (TypeError, ValueError):  # a number that the type cannot hold
        return made.astype("Int64")


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
    if made.dtype.kind == "m" and dtype.kind == "O":
        spans = made.to_numpy().astype("m8[us]").tolist()  # datetime.timedelta, None for NaT
        return pandas.Series(spans, index=made.index, dtype=object)
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
