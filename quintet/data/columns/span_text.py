"""Spans of time <-> text such as "2 days 03:30:00.5", and times of day such as "08:30:00"."""

from __future__ import annotations

import re

import numpy as np

CLOCK = r"(?P<h>\d{1,2}):(?P<m>\d{2})(?::(?P<s>\d{2})(?:\.(?P<f>\d{1,9}))?)?"
SPAN = re.compile(rf"(?P<sign>-?)(?:(?P<days>\d+) days?,? ?)?(?:{CLOCK})?", re.ASCII)


def write(span: np.timedelta64) -> str:
    """Days where there are some, then hours, minutes and seconds."""
    per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
    unit = np.datetime_data(span.dtype)[0]
    if unit not in per_second:
        span, unit = span.astype("m8[s]"), "s"
    ticks = abs(int(span.astype(np.int64)))
    seconds, rest = divmod(ticks, per_second[unit])
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    fraction = f".{rest:0{len(str(per_second[unit])) - 1}d}".rstrip("0") if rest else ""
    sign = "-" if int(span.astype(np.int64)) < 0 else ""
    return f"{sign}{f'{days} days ' if days else ''}{hours:02d}:{minutes:02d}:{seconds:02d}{fraction}"


def parse(text: str) -> np.timedelta64 | None:
    """The inverse of ``write``; None for other text."""
    found = SPAN.fullmatch(text.strip())
    if found is None or (found["days"] is None and found["h"] is None):
        return None
    number = {name: int(found[name] or 0) for name in ("days", "h", "m", "s")}
    seconds = ((24 * number["days"] + number["h"]) * 60 + number["m"]) * 60 + number["s"]
    ticks = seconds * 10**9 + int((found["f"] or "").ljust(9, "0"))
    if number["m"] > 59 or number["s"] > 59 or number["h"] > 23 or ticks >= 2**63:
        return None
    return np.timedelta64(-ticks if found["sign"] else ticks, "ns")
