"""Columns of points in time, of spans of time, and of times of day."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt

from quintet.data.columns import date_text, span_text
from quintet.data.columns.base import Array, Column, Support, Values
from quintet.errors import InputError

Time = np.datetime64 | np.timedelta64


class Ticks(Column):
    """Times; a cell counts steps of ``support.step`` units of the type from ``support.offset``."""

    type: str = ""
    support: Support = Support(step=1)
    words: ClassVar[str]
    ends: ClassVar[tuple[Time, Time]]
    """The first and the last time that every unit represents."""

    @property
    def spacing(self) -> float:
        """1: cells count steps."""
        return 1.0

    def read(self, values: Values) -> Values:
        """Values of another type as times, where they are such."""
        return values

    def encode(self, values: Values) -> npt.NDArray[np.float64]:
        """Steps since the offset."""
        values = self.read(values)
        if values.array.dtype.kind != np.dtype(self.dtype).kind:
            if values.missing.all():
                return np.full(len(values), np.nan)
            raise InputError(
                f"Column {self.name!r} held {self.words} in training, got {_found(values)}: convert it to "
                f"{self.words}, or leave it empty."
            )
        ticks = values.array.astype(self.dtype).astype(np.int64)
        apart = np.where(values.missing, 0, ticks).astype(object) - self.support.offset
        cells = apart.astype(np.float64) / (self.support.step or 1)
        return np.where(values.missing, np.nan, cells)

    def decode(self, cells: Array) -> Array:
        """The nearest whole steps, NaT where missing; within the declared bounds, else between ``ends`` and those of
        training."""
        gone, step = np.isnan(cells), self.support.step or 1
        low, high = self._limits()
        steps = np.rint(np.where(gone, 0, cells)).clip(low, high).astype(np.int64)
        out = (steps * step + self.support.offset).astype(self.dtype)
        out[gone] = np.array("NaT", dtype=self.dtype)
        return out

    def _limits(self) -> tuple[float, float]:
        """The declared bounds; else the ends that every unit of time represents, or those of training beyond them."""
        known, step = self.support, self.support.step or 1
        first, last = (int(end.astype(self.dtype).astype(np.int64)) - known.offset for end in self.ends)
        low, high = -(-first // step), last // step
        least = min(low, low if known.seen_low is None else known.seen_low)
        most = max(high, high if known.seen_high is None else known.seen_high)
        return (
            least if known.low is None else float(np.ceil(known.low)),
            most if known.high is None else float(np.floor(known.high)),
        )

    def cell(self, time: Time) -> float:
        """The cell of a time."""
        return float(int(time.astype(self.dtype).astype(np.int64)) - self.support.offset) / (self.support.step or 1)

    def value(self, cell: float) -> Time:
        """The time of a cell."""
        ticks = round(cell * (self.support.step or 1)) + self.support.offset
        found: Time = np.array([ticks]).astype(self.dtype)[0]
        return found

    def text(self, cell: float) -> str:
        """The time of a cell as text, which ``parse`` reads."""
        return str(self.value(cell))

    def parse(self, text: str) -> Time | None:
        """The time of a text such as ``text`` gives; None for other text."""
        raise NotImplementedError

    def shown(self, cell: float) -> str:
        """The time of a cell for people."""
        return self.text(cell)

    def describe(self) -> str:
        """The first and the last time of training."""
        if self.support.seen_low is None or self.support.seen_high is None:
            return f"{self.type}, never observed"
        return f"{self.type}, {self.shown(self.support.seen_low)} to {self.shown(self.support.seen_high)}"


class Datetime(Ticks):
    """Points in time."""

    type: Literal["datetime"] = "datetime"
    words: ClassVar[str] = "dates"
    ends: ClassVar[tuple[Time, Time]] = (np.datetime64("1678-01-01", "D"), np.datetime64("2261-12-31", "D"))

    def read(self, values: Values) -> Values:
        """Text in any formats of ISO 8601 as points in time, in UTC where it has zones."""
        return dates_of_text(values) or values

    def parse(self, text: str) -> Time | None:
        """A date of ISO 8601."""
        try:
            found: Time = np.datetime64(text).astype(self.dtype)
        except ValueError:
            return None
        return found

    def shown(self, cell: float) -> str:
        """The day, and the time of day if days are not all that the column holds."""
        time = self.value(cell)
        whole = all(end is None or self.value(end) == _day(self.value(end)) for end in self._seen)
        return str(_day(time) if whole else time)

    @property
    def _seen(self) -> tuple[float | None, float | None]:
        return self.support.seen_low, self.support.seen_high


class Duration(Ticks):
    """Spans of time."""

    type: Literal["duration"] = "duration"
    words: ClassVar[str] = "durations"
    ends: ClassVar[tuple[Time, Time]] = (np.timedelta64(-106_000, "D"), np.timedelta64(106_000, "D"))

    def text(self, cell: float) -> str:
        """Days, hours, minutes and seconds."""
        return span_text.write(self.value(cell).astype(self.dtype))

    def parse(self, text: str) -> Time | None:
        """A span such as "2 days 03:30:00"."""
        return span_text.parse(text)


class TimeOfDay(Duration):
    """Times of day, since midnight."""

    type: Literal["time_of_day"] = "time_of_day"  # type: ignore[assignment]
    words: ClassVar[str] = "times of day"
    ends: ClassVar[tuple[Time, Time]] = (np.timedelta64(0, "ns"), np.timedelta64(86_400 * 10**9 - 1, "ns"))


def dates_of_text(values: Values) -> Values | None:
    """Text as points in time, in UTC where it has zones; None if a cell that is not missing is no date."""
    if values.array.dtype.kind != "O" or values.missing.all():
        return None
    times = date_text.parse(values.present.tolist())
    if times is None:
        return None
    out = np.full(len(values), "NaT", dtype=times.dtype)
    out[~values.missing] = times
    return Values(out, values.missing)


def _day(time: Time) -> np.datetime64:
    found: np.datetime64 = time.astype("M8[D]")
    return found


def _found(values: Values) -> str:
    """What a column of other values holds, with the first text that is no date."""
    kind = values.array.dtype.kind
    if kind != "O":
        return {"M": "dates", "m": "durations"}.get(kind, "numbers")
    texts = values.present.tolist()
    odd = next((text for text in texts if date_text.parse([text]) is None), texts[0])
    return f"text ({str(odd)[:40]!r})"
