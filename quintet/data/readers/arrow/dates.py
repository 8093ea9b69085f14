"""Dates and times in text: year first (ISO 8601), day first or month first, decided by all cells of a column."""

from __future__ import annotations

from typing import Any, Literal

import pyarrow
from pyarrow import compute

from quintet.data.readers.text_cells import DATE

UNITS = ((0, "s"), (4, "ms"), (7, "us"), (10, "ns"))
"""Longest fraction of a second with its point -> unit."""
Order = Literal["day first", "month first"]


def parse_dates(texts: Any) -> tuple[Any, Order | None] | None:
    """Dates as timestamps, without a time zone or in UTC, and the order that was assumed where both are possible.

    Parameters
    ----------
    texts : (n,) distinct strings.

    Returns
    -------
    pair : None if a text is no date. Years have four digits. Dates with points or hyphens are read day first if they
        can be, dates with slashes month first, as pandas reads them.
    """
    parts = compute.extract_regex(texts, DATE)
    if parts.null_count or not len(parts):
        return None
    fields = {field.name: compute.struct_field(parts, field.name) for field in parts.type}
    year_first = compute.equal(compute.utf8_length(fields["first"]), 4)
    year_last = compute.equal(compute.utf8_length(fields["last"]), 4)
    legal = (compute.xor(year_first, year_last), compute.equal(fields["mark"], fields["again"]))
    if not all(compute.all(rule).as_py() for rule in legal):
        return None
    slashes = bool(compute.any(compute.and_(year_last, compute.equal(fields["mark"], "/"))).as_py())
    orders: tuple[Order, Order] = ("month first", "day first") if slashes else ("day first", "month first")
    found = [(order, times) for order in orders if (times := _times(fields, year_first, order)) is not None]
    if not found:
        return None
    order, times = found[0]
    points = bool(compute.all(compute.equal(fields["mark"], ".")).as_py())
    return times, order if len(found) == 2 and not points and not times.equals(found[1][1]) else None


def _times(fields: dict[str, Any], year_first: Any, order: Order) -> Any | None:
    """Timestamps from the parts; None if one is no day of the calendar."""
    day, month = ("first", "middle") if order == "day first" else ("middle", "first")
    year = compute.if_else(year_first, fields["first"], fields["last"])
    date = compute.binary_join_element_wise(
        year,
        _two(compute.if_else(year_first, fields["middle"], fields[month])),
        _two(compute.if_else(year_first, fields["last"], fields[day])),
        "-",
    )
    minutes = [compute.if_else(compute.equal(fields[name], ""), "00", fields[name]) for name in ("minute", "second")]
    clock = compute.binary_join_element_wise(_two(fields["hour"]), *minutes, ":")
    zone = compute.if_else(compute.equal(fields["zone"], "Z"), "+00:00", fields["zone"])
    if compute.any(compute.equal(year, "0000")).as_py():
        return None
    longest = compute.max(compute.utf8_length(fields["fraction"])).as_py()
    unit = next(unit for length, unit in UNITS if longest <= length)
    time = compute.binary_join_element_wise(clock, fields["fraction"], zone, "")
    iso = compute.binary_join_element_wise(date, time, "T")
    try:  # refuses texts with a zone beside others without
        return compute.cast(iso, pyarrow.timestamp(unit, "UTC" if zone[0].as_py() else None))
    except pyarrow.ArrowInvalid:
        return None


def _two(digits: Any) -> Any:
    return compute.utf8_lpad(digits, 2, "0")
