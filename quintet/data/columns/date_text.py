"""Text that holds dates and times in one format of ISO 8601 <-> points in time."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from quintet.data.columns.base import Array

ISO = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?P<zone>Z|[+-]\d{2}:\d{2})?)?", re.ASCII
)
"""A date, or a date and a time of day with or without its distance from UTC."""
UNITS = {10: "D", 16: "s", 19: "s"}
"""Length of a text without fraction of a second -> unit."""
MOSTLY = 0.9
"""Share of dates from which a column with other cells is reported."""
ZERO = np.timedelta64(0, "m")


def format_of(texts: Sequence[object]) -> str | None:
    """The format of all texts, with a 0 for each digit; None if one is no date, or they have several formats."""
    first = texts[0] if len(texts) else None
    found = ISO.fullmatch(first) if isinstance(first, str) else None
    if found is None or not isinstance(first, str):
        return None
    zone = found["zone"] or ""
    local = first.removesuffix(zone)
    pattern = re.compile(re.sub(r"\d", r"\\d", re.escape(local)) + re.escape(zone), re.ASCII)
    if not all(isinstance(text, str) and pattern.fullmatch(text) for text in texts):
        return None
    return None if parse(texts) is None else re.sub(r"\d", "0", local) + zone


def parse(texts: Sequence[object]) -> Array | None:
    """Points in time (n,), those with a zone in UTC; None if a text is no date of ISO 8601."""
    found = [ISO.fullmatch(text) if isinstance(text, str) else None for text in texts]
    if not all(found):
        return None
    zones = [match["zone"] or "" for match in found if match]
    local = [str(text).removesuffix(zone) for text, zone in zip(texts, zones, strict=True)]
    unit = _unit(max(map(len, local), default=10))
    if unit == "ns" and not all("1678" <= text[:4] <= "2261" for text in local):  # 64 bits hold no others
        return None
    try:
        times = np.array(local, dtype=f"M8[{unit}]")
    except ValueError:  # no day of the calendar
        return None
    return times - np.array([_offset(zone) for zone in zones]) if any(zones) else times


def share_of_dates(texts: Sequence[object]) -> float:
    """The share of texts that are dates in whatever format of ISO 8601."""
    return sum(isinstance(text, str) and bool(ISO.fullmatch(text)) for text in texts) / max(1, len(texts))


def zone_of(date_format: str) -> str | None:
    """ "UTC" for a format with a distance from UTC, whose times ``parse`` gives in UTC; else None."""
    found = _zone(date_format)
    return "UTC" if found else None


def write(times: Array, date_format: str) -> Array:
    """Points in time (n,) as text, an object array; None for NaT. Digits that the format lacks are cut."""
    zone = _zone(date_format)
    length = len(date_format) - len(zone)
    local = times.astype(f"M8[{_unit(length)}]") + _offset(zone) if zone else times
    texts = np.datetime_as_string(local.astype(f"M8[{_unit(length)}]"))
    mark = date_format[10:11]
    out = np.empty(len(times), dtype=object)
    out[:] = [f"{t[:10]}{mark}{t[11:length]}{zone}" if t != "NaT" else None for t in texts.tolist()]
    return out


def plain_format(unit: str) -> str:
    """The format of times of a unit."""
    return {"D": "0000-00-00", "ms": "0000-00-00 00:00:00.000", "us": "0000-00-00 00:00:00.000000"}.get(
        unit, "0000-00-00 00:00:00" if unit == "s" else "0000-00-00 00:00:00.000000000"
    )


def _zone(date_format: str) -> str:
    found = re.search(r"(?:Z|[+-]\d{2}:\d{2})$", date_format[16:])
    return found[0] if found else ""


def _unit(length: int) -> str:
    """The unit of a text of this length without its zone."""
    return UNITS.get(length) or ("ms" if length <= 23 else "us" if length <= 26 else "ns")


def _offset(zone: str) -> np.timedelta64:
    """Local time less UTC."""
    if zone in ("", "Z"):
        return ZERO
    minutes = 60 * int(zone[1:3]) + int(zone[4:6])
    return np.timedelta64(-minutes if zone[0] == "-" else minutes, "m")
