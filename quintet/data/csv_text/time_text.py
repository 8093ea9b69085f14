"""How a column writes its dates and times: order, marks, digits, fractions of a second and time zone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np

from quintet.data.csv_text.limits import WIDEST, are_short
from quintet.data.readers.text_cells import DATE

ORDERS = ("ymd", "dmy", "mdy")
PARTS = re.compile(DATE.replace("(?:T| +)", "(?P<gap>T| +)").replace(" ?(?P<zone>", "(?P<apart> ?)(?P<zone>"))
DAY = 86_400


@dataclass(frozen=True)
class TimeText:
    """The text of times.

    Parameters
    ----------
    order, mark : of year, month and day, and what stands between them.
    padded, padded_hour : whether months and days, and hours, have two digits.
    gap : between date and time of day; "" for dates alone.
    seconds : whether there are seconds.
    fraction : digits of a second's fraction.
    optional : whether times without a fraction leave it out.
    zone, offset : the text of the zone, and its seconds east of UTC.
    """

    order: str
    mark: str
    padded: bool
    padded_hour: bool
    gap: str
    seconds: bool
    fraction: int
    optional: bool
    zone: str
    offset: int

    def __post_init__(self) -> None:
        numbers = 0 <= self.fraction <= 9 and abs(self.offset) <= 2 * DAY
        if self.order not in ORDERS or not numbers or not are_short(self.mark, self.gap, self.zone):
            raise ValueError(f"no times are written as {self}")

    def to_json(self) -> list[Any]:
        """The fields."""
        return list(astuple(self))

    def texts(self, values: Any) -> list[str]:
        """The text of each time; ``values`` are (n,) of datetime64 in UTC, or without a zone."""
        local = values.astype("M8[ns]" if np.datetime_data(values.dtype)[0] == "ns" else "M8[us]")
        local = local + np.timedelta64(self.offset, "s")
        day = local.astype("M8[D]")
        month = day.astype("M8[M]")
        year = month.astype("M8[Y]")
        numbers = {
            "y": year.astype(int) + 1970,
            "m": (month - year).astype(int) + 1,
            "d": (day - month).astype(int) + 1,
        }
        short = "02d" if self.padded else "d"
        parts = [
            [format(each, "04d" if part == "y" else short) for each in numbers[part].tolist()] for part in self.order
        ]
        dates = [self.mark.join(each) for each in zip(*parts, strict=True)]
        if not self.gap:
            return dates
        ticks = (local - day).astype("m8[ns]").astype(np.int64).tolist()
        return [date + self.gap + self._clock(tick) + self.zone for date, tick in zip(dates, ticks, strict=True)]

    def _clock(self, tick: int) -> str:
        seconds, fraction = divmod(tick, 10**9)
        minutes, second = divmod(seconds, 60)
        hour, minute = divmod(minutes, 60)
        text = f"{hour:02d}:{minute:02d}" if self.padded_hour else f"{hour}:{minute:02d}"
        if self.seconds:
            text += f":{second:02d}"
        if self.fraction and (fraction or not self.optional):
            text += "." + f"{fraction:09d}"[: self.fraction]
        return text


def candidates(texts: Sequence[str]) -> Iterator[TimeText]:
    """Ways in which the texts of some times may be written."""
    found = [match for text in texts if (match := PARTS.match(text))]
    if not found:
        return
    one = next((match for match in found if match["zone"] or match["gap"]), found[0])
    orders = ("ymd",) if len(one["first"]) == 4 else ("dmy", "mdy")
    padded = not any(len(part) == 1 for match in found for part in _short_parts(match))
    padded_hour = not any(match["hour"] and len(match["hour"]) == 1 for match in found)
    fractions = {len(match["fraction"] or ".") - 1 for match in found}
    gap, zone = (one["gap"] or "")[:WIDEST], (one["apart"] or "") + (one["zone"] or "")
    for order in orders:
        yield TimeText(
            order,
            one["mark"],
            padded,
            padded_hour,
            gap,
            any(match["second"] for match in found),
            max(fractions),
            0 in fractions,
            zone,
            _offset(one["zone"] or ""),
        )


def _short_parts(match: re.Match[str]) -> tuple[str, str]:
    """Day and month."""
    return match["middle"], match["last"] if len(match["first"]) == 4 else match["first"]


def _offset(zone: str) -> int:
    digits = zone.replace(":", "")
    if digits in ("", "Z"):
        return 0
    return (-1 if digits[0] == "-" else 1) * (3600 * int(digits[1:3]) + 60 * int(digits[3:5]))
