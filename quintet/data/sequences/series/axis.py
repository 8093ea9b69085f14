"""The axis of time of a user's time stamps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from quintet.data.sequences.series.months import monthly_axis
from quintet.data.sequences.series.time_axis import UNITS_A_SECOND, TimeAxis
from quintet.data.sequences.series.time_column import Times
from quintet.errors import InputError


def axis_of(found: Sequence[Times | None]) -> TimeAxis:
    """The axis of several series' time stamps, with a step of one tick; months where they are such.

    Raises
    ------
    InputError
        Some series have time stamps and others have none, or they are of different kinds or time zones.
    """
    times = [each for each in found if each is not None]
    if not times:
        return TimeAxis()
    first = times[0]
    if len(times) < len(found):
        raise InputError("All series must have time stamps or none, got both: give each of them a column of times.")
    for each in times:
        if (each.stamps.dtype.kind == "M") != (first.stamps.dtype.kind == "M"):
            raise InputError(
                f"All series must have time stamps of one kind, got {each.column.dtype} and {first.column.dtype}: "
                "convert them."
            )
        if each.column.form.timezone != first.column.form.timezone:
            raise InputError(
                f"All series must have one time zone, got {each.column.form.timezone} and "
                f"{first.column.form.timezone}: convert them to one, such as UTC."
            )
    name = first.column.name
    if first.stamps.dtype.kind != "M":
        return TimeAxis(kind="number", name=name, dtype=str(first.stamps.dtype))
    units = [np.datetime_data(each.stamps.dtype)[0] for each in times]
    unit: Any = max((each if each in UNITS_A_SECOND else "s" for each in units), key=lambda each: UNITS_A_SECOND[each])
    axis = TimeAxis(
        kind="datetime",
        name=name,
        unit=unit,
        zone=first.column.form.timezone,
        dtype=first.column.dtype,
        date_format=first.date_format,
    )
    return monthly_axis([each.stamps for each in times], axis) or axis
