"""The axis of time: what time stamps count in, the step of the grid, and how a step is written."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

Array = np.ndarray[Any, Any]
Ticks = int | float
Unit = Literal["ns", "us", "ms", "s", "D"]
SPANS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
UNITS_A_SECOND: dict[str, float] = {"ns": 1e9, "us": 1e6, "ms": 1e3, "s": 1, "D": 1 / 86_400}


class TimeAxis(BaseModel):
    """The axis of time.

    Parameters
    ----------
    kind : "datetime" (ticks of ``unit`` since 1970, in UTC where there is a zone), "month" (months since 1970),
        "number", or "step" where the source has no time and steps are counted from 0.
    name : of the column; None: the source's index, or no column.
    unit : of datetimes.
    step : distance of neighbouring steps, in ticks.
    offset : of months, from the month's beginning to the time stamp, in ticks of ``unit``.
    zone : time zone of the user's time stamps.
    dtype : type of the user's column.
    date_format : how text writes the time stamps; None: they are no text.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: Literal["datetime", "month", "number", "step"] = "step"
    name: str | None = None
    unit: Unit | None = None
    step: Ticks = Field(default=1, gt=0, allow_inf_nan=False)
    offset: int = 0
    zone: str | None = None
    dtype: str = "int64"
    date_format: str | None = None

    def stamps(self, start: Ticks, count: int) -> Array:
        """The time stamps (count,) of a grid that begins at ``start``: datetime64, or numbers."""
        return self.at(start + np.arange(count) * self.step)

    def at(self, ticks: Array) -> Array:
        """Ticks (n,) as time stamps: datetime64, or numbers of the user's type."""
        if self.kind == "month":
            months = ticks.astype("M8[M]").astype(f"M8[{self.unit}]")
            return np.asarray((months.astype(np.int64) + self.offset).view(f"M8[{self.unit}]"))
        if self.kind == "datetime":
            return np.asarray(ticks.astype(np.int64).view(f"M8[{self.unit}]"))
        whole = np.dtype(self.dtype).kind in "iu"
        return np.asarray(np.rint(ticks).astype(self.dtype) if whole else ticks.astype(self.dtype))

    def ticks(self, times: Array) -> Array:
        """Time stamps (n,) as ticks: whole numbers, or float64 where they are not whole."""
        if self.kind == "month":
            stamps = times.astype(f"M8[{self.unit}]").astype(np.int64) - self.offset
            return np.asarray(stamps.view(f"M8[{self.unit}]").astype("M8[M]").astype(np.int64))
        if self.kind == "datetime":
            return np.asarray(times.astype(f"M8[{self.unit}]").astype(np.int64))
        return np.asarray(times.astype(np.int64 if times.dtype.kind in "iu" else np.float64))

    def span(self, steps: float) -> str:
        """So many steps in words: "24 hours", "30 minutes", "3 steps"."""
        ticks = steps * self.step
        if self.kind == "month":
            return _counted(ticks / 12, "year") if ticks % 12 == 0 else _counted(ticks, "month")
        if self.kind != "datetime" or self.unit is None:
            return _counted(steps, "step") if self.kind == "step" else f"{ticks:g}"
        seconds = ticks / UNITS_A_SECOND[self.unit]
        word, size = next(((word, size) for word, size in SPANS if seconds % size == 0), ("second", 1))
        return _counted(seconds / size, word)

    def written(self, start: Ticks, place: int) -> str:
        """The time stamp of one step of a grid, as text."""
        return str(self.at(np.array([start + place * self.step]))[0])


def _counted(number: float, word: str) -> str:
    return f"{number:g} {word}" + ("" if number == 1 else "s")
