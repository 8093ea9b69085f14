"""Calendar months: time stamps whose distances are 28 to 31 days."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from quintet.data.sequences.series.time_axis import TimeAxis

Array = np.ndarray[Any, Any]
DAY = np.timedelta64(1, "D")


def monthly_axis(series: Sequence[Array], axis: TimeAxis) -> TimeAxis | None:
    """The axis in months, where all time stamps lie equally far from the beginning (or the end) of a month.

    Parameters
    ----------
    series : time stamps (rows,) of datetime64 of each series.
    """
    if not sum(map(len, series)):
        return None
    whole = np.unique(np.concatenate(series)).astype(f"M8[{axis.unit}]")
    if len(whole) < 3 or (np.diff(whole) < 28 * DAY).any():
        return None
    offsets = np.unique(whole - whole.astype("M8[M]").astype(whole.dtype))
    if len(offsets) == 1:
        return axis.model_copy(update={"kind": "month", "offset": int(offsets[0].astype(np.int64))})
    shifted = whole + DAY.astype(f"m8[{axis.unit}]")
    if len(np.unique(shifted - shifted.astype("M8[M]").astype(whole.dtype))) == 1:
        return _of_ends(shifted, axis)
    return None


def _of_ends(shifted: Array, axis: TimeAxis) -> TimeAxis:
    """The axis of time stamps on the last day of each month: those of the next month, less a day."""
    offset = (shifted - shifted.astype("M8[M]").astype(shifted.dtype))[0] - DAY.astype(f"m8[{axis.unit}]")
    return axis.model_copy(update={"kind": "month", "offset": int(offset.astype(np.int64))})
