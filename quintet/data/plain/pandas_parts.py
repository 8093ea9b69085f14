"""Parts of pandas frames that several conversions need."""

from __future__ import annotations

from typing import Any

import numpy as np

from quintet.data.plain.base import (
    Array,
    Json,
    PlainColumn,
    from_numbers,
)
from quintet.errors import InputError
from quintet.extras import extra


def pandas_module() -> Any:
    """pandas, or the sentence that it is not installed."""
    with extra("pandas", "A compressed pandas data frame"):
        import pandas
    return pandas


def times(name: str, ticks: Array, kind: Json) -> PlainColumn:
    unit = np.datetime_data(ticks.dtype)[0]
    meaning = "time" if ticks.dtype.kind == "M" else "duration"
    return from_numbers(name, ticks.view(np.int64), np.isnat(ticks), meaning=meaning, detail=unit, type=kind)


def zone_type(unit: str, zone: str) -> Any:
    """The type of times of a zone; None where its name does not describe it."""
    if zone.startswith(("dateutil", "tz")):
        return None
    try:
        return pandas_module().DatetimeTZDtype(unit, zone)
    except Exception:  # of whatever library looks the name up
        return None


def plain_name(name: Any) -> Json:
    """A name of an index, as JSON holds it."""
    if name is None or type(name) in (str, int, bool) or (type(name) is float and name == name):
        return name
    raise InputError(f"Names of an index must be text or numbers, got {name!r}: rename it.")
