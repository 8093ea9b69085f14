"""Values of columns -> a frame of Polars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from quintet.data.columns.any_column import AnyColumn
from quintet.data.columns.base import Array
from quintet.data.columns.left_out import is_empty
from quintet.data.columns.levels import Ordinal, all_levels
from quintet.extras import extra


def polars_frame(columns: Sequence[AnyColumn], values: Mapping[str, Array], like: Any = None) -> Any:
    """A frame with the types of ``like``."""
    polars = polars_module()
    types = {} if like is None else dict(like.schema)
    made = {}
    for column in columns:
        asked = types.get(column.name)
        if asked is not None and not column.modelled:
            made[column.name] = like.get_column(column.name)
            continue
        series = _series(column, values[column.name], asked)
        made[column.name] = series if asked is None else _typed(series, asked)
    return polars.DataFrame(made)


def polars_module() -> Any:
    """Polars, or the sentence that it is not installed."""
    with extra("polars", "a Polars data frame"):
        import polars
    return polars


def _series(column: AnyColumn, cells: Array, asked: Any) -> Any:
    polars, zone = polars_module(), column.timezone
    if not column.modelled and is_empty(cells):
        return polars.Series([None] * len(cells), dtype=_type_of(column))
    if cells.dtype.kind == "O":
        plain = cells.tolist()
        if column.dtype == "category" and column.modelled:
            levels = list(map(str, all_levels(column, cells)))
            dtype = polars.Enum(levels) if isinstance(column, Ordinal) else polars.Categorical
            return polars.Series([None if c is None else str(c) for c in plain], dtype=dtype)
        if column.decimal:
            return polars.Series(plain, dtype=polars.Decimal(*column.decimal))
        mixed = len({type(cell) for cell in plain if cell is not None}) > 1
        return polars.Series(plain, dtype=polars.Object) if mixed else polars.Series(plain)
    if column.of_day and cells.dtype.kind == "m":
        return polars.Series(cells.astype("m8[ns]").astype(np.int64)).cast(polars.Time)
    if cells.dtype.kind in "mM" and np.datetime_data(cells.dtype)[0] == "s":  # a unit that Polars lacks
        cells = cells.astype(f"{cells.dtype.kind}8[ms]")
    whole = cells.dtype.kind == "f" and column.dtype[:1] in "iu"
    series = polars.Series(cells, nan_to_null=whole)
    if whole and bool((series == series.round()).all()):
        series = series.cast(polars.Int64)
    if cells.dtype.kind == "M" and isinstance(asked, polars.Datetime):
        zone = asked.time_zone
    return series.dt.replace_time_zone("UTC").dt.convert_time_zone(zone) if zone and cells.dtype.kind == "M" else series


def _typed(series: Any, dtype: Any) -> Any:
    """A series in another type of its family, if that type holds all of its values; floats are rounded to it."""
    polars = polars_module()
    own = series.dtype
    if own == dtype:
        return series
    floats = own.is_float() and dtype.is_float()
    text = own in (polars.String, polars.Categorical) and dtype in (polars.String, polars.Categorical, polars.Enum)
    family = (
        floats
        or text
        or (own.is_integer() and dtype.is_integer())
        or (own.is_decimal() and dtype.is_decimal())
        or (own.is_temporal() and dtype.is_temporal())
    )
    if not family:
        return series
    try:
        cast = series.cast(dtype, strict=True)
        return cast if floats or cast.cast(own, strict=True).equals(series) else series
    except polars.exceptions.PolarsError:
        return series


def _type_of(column: AnyColumn) -> Any:
    """The type of a column's values in training."""
    polars = polars_module()
    if column.decimal:
        return polars.Decimal(*column.decimal)
    if column.of_day:
        return polars.Time
    if column.date_format:
        return polars.String
    kind, _, unit = column.dtype.rstrip("]").partition("[")
    unit = "ms" if unit == "s" else unit
    if kind == "datetime64":
        return polars.Date if unit == "D" else polars.Datetime(unit, column.timezone)
    if kind == "timedelta64":
        return polars.Duration(unit)
    names = {"string": "String", "category": "Categorical", "object": "Object", "bool": "Boolean"}
    return getattr(polars, names.get(kind, kind.title().replace("Ui", "UI")), polars.Float64)
